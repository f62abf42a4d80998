# Reference numbers for encouragement: AER::ivreg with sandwich and clubSandwich; Anderson-Rubin by a grid of tests.
# Repeat with: Rscript tests/reference/two_stage.R > tests/reference/two_stage.json
suppressMessages({library(AER); library(sandwich); library(clubSandwich)})
set.seed(21)
n <- 480; village <- rep(1:24, each = 20); z <- as.numeric(village %% 2 == 0); age <- sample(18:60, n, TRUE); block <- rep(c("n", "s", "w"), each = 160)
able <- rnorm(n); got <- rbinom(n, 1, plogis(-1.4 + 1.8 * z + .6 * able)); hours <- got * sample(1:4, n, TRUE)
y <- round(1 + .5 * got + .7 * able + .02 * age + rnorm(24, sd = .3)[village] + rnorm(n), 3); w <- round(runif(n, .5, 2), 2)
d <- data.frame(y, z, got, hours, age, block, village, w)
row <- function(m, V, name, df) { b <- coef(m)[[name]]; s <- sqrt(V[name, name]); list(estimate = b, std_error = s, df = df) }
case <- function(f, name, weights = NULL) {
  m <- if (is.null(weights)) ivreg(f, data = d) else { d$.w <- weights; ivreg(f, data = d, weights = .w) }; k <- length(coef(m)); G <- 24
  out <- list()
  if (is.null(weights)) for (t in c("HC0", "HC1")) out[[t]] <- row(m, vcovHC(m, type = t), name, n - k)
  for (t in c("CR0", "CR1", "CR1S", "CR2", "CR3")) { V <- vcovCR(m, cluster = d$village, type = t); df <- if (t == "CR2") coef_test(m, V, coefs = name)$df_Satt else G - 1; out[[t]] <- row(m, V, name, df) }
  out
}
ar <- function() { b <- seq(-3, 4, by = .00005); yz <- lm(y ~ z + age, d); dz <- lm(got ~ z + age, d); sz <- lm(I(y + got) ~ z + age, d); v <- function(m) vcovCR(m, cluster = d$village, type = "CR1")["z", "z"]
  vyd <- (v(sz) - v(yz) - v(dz)) / 2; t2 <- (coef(yz)["z"] - b * coef(dz)["z"])^2 / (v(yz) - 2 * b * vyd + b^2 * v(dz)); r <- range(b[t2 <= qt(.975, 23)^2]); list(low = r[1], high = r[2], f = unname(coef(dz)["z"]^2 / v(dz))) }
out <- list(data = d, results = list(plain = case(y ~ got | z, "got"), adjusted = case(y ~ got + age + block | z + age + block, "got"), hours = case(y ~ hours + age | z + age, "hours"), weighted = case(y ~ got + age | z + age, "got", d$w)), anderson_rubin = ar())
cat(jsonlite::toJSON(out, digits = NA, auto_unbox = TRUE), "\n")
