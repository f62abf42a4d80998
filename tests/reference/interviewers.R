# Reference numbers for interviewer effects and for the fences of numeric answers.
# Data sets are made in R, and written out with the numbers. Repeat with: Rscript tests/reference/interviewers.R > tests/reference/interviewers.json
suppressMessages({library(lme4); library(psych); library(robustbase)})
set.seed(20261124)
one <- function(who, arm, effect, sd = 1) { b <- rnorm(length(unique(who)), 0, effect); round(2 + 0.5 * arm + b[who] + rnorm(length(who), 0, sd), 4) }
balanced <- data.frame(who = rep(1:8, each = 15), arm = 0)
crossed <- data.frame(who = rep(1:7, times = c(25, 12, 40, 18, 9, 31, 22)))
crossed$arm <- rbinom(nrow(crossed), 1, c(.2, .8, .5, .4, .6, .5, .3)[crossed$who])
nested <- data.frame(who = rep(1:6, times = c(20, 14, 26, 18, 22, 11))); nested$arm <- as.integer(nested$who > 3)
sets <- list(balanced = balanced, crossed = crossed, nested = nested)
out <- list(sets = list(), fences = list())
for (name in names(sets)) {
  d <- sets[[name]]; d$y <- one(d$who, d$arm, 0.5); d$ward <- paste0("w", d$who, "_", (seq_len(nrow(d)) %% 4))
  w <- factor(d$who); several <- length(unique(d$arm)) > 1
  fit <- if (several) anova(lm(y ~ factor(arm), d), lm(y ~ factor(arm) + w, d)) else anova(lm(y ~ 1, d), lm(y ~ w, d))
  msb <- fit[2, "Sum of Sq"] / fit[2, "Df"]; msw <- fit[2, "RSS"] / fit[2, "Res.Df"]; dfb <- fit[2, "Df"]; dfw <- fit[2, "Res.Df"]
  Z <- model.matrix(~ w - 1); X <- if (several) model.matrix(~ factor(arm), d) else matrix(1, nrow(d))
  M <- diag(nrow(d)) - X %*% solve(crossprod(X)) %*% t(X)
  n0 <- sum(diag(t(Z) %*% M %*% Z)) / dfb
  icc <- function(f) (f - 1) / (f + n0 - 1)
  f <- msb / msw
  r <- list(data = d, f = f, n0 = n0, ms_within = msw, df_between = dfb, df_within = dfw, icc = icc(f), conf_low = icc(f / qf(.975, dfb, dfw)),
            conf_high = icc(f / qf(.025, dfb, dfw)), p_value = pf(f, dfb, dfw, lower.tail = FALSE))
  m <- if (several) lmer(y ~ factor(arm) + (1 | w), d) else lmer(y ~ 1 + (1 | w), d)
  v <- as.data.frame(VarCorr(m))$vcov; r$icc_reml <- v[1] / sum(v)
  if (several) { p <- prop.table(table(d$arm, w), 1); n <- table(d$arm); alone <- sum(1 / n); r$design_effect_contrast <- ((1 - icc(f)) * alone + icc(f) * sum((p[1, ] - p[2, ])^2)) / alone }
  r$design_effect <- 1 + (sum(table(w)^2) / nrow(d) - 1) * icc(f)
  coefficient <- function(i) unname(coef(if (several) lm(y ~ factor(arm) + I(who == i), d) else lm(y ~ I(who == i), d))["I(who == i)TRUE"])
  r$difference <- sapply(sort(unique(d$who)), coefficient)
  if (name == "balanced") {
    s <- ICC(matrix(d$y, nrow = 8, byrow = TRUE), lmer = FALSE)$results; r$icc1 <- s[1, "ICC"]; r$icc1_low <- s[1, "lower bound"]; r$icc1_high <- s[1, "upper bound"]
  }
  out$sets[[name]] <- r
}
p <- c(0.04, 0.001, 0.03, 0.2, 0.03, 0.0005); out$holm <- list(p = p, adjusted = p.adjust(p, "holm"))
for (x in list(round(rlnorm(101), 3), round(rnorm(80, 40, 12)), round(-rexp(64), 3), rpois(150, 3))) {
  s <- adjboxStats(x, coef = 3)
  out$fences[[length(out$fences) + 1]] <- list(x = x, medcouple = mc(x), low = s$fence[1], high = s$fence[2], q1 = unname(quantile(x, .25)), q3 = unname(quantile(x, .75)), hinges = s$stats[c(2, 4)])
}
cat(jsonlite::toJSON(out, digits = NA, auto_unbox = TRUE, pretty = FALSE), "\n")
