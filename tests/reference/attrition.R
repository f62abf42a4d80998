# Reference numbers for attrition: prop.test and Wilson limits; Lee's bounds with the errors of his proposition 3, written out
# from the paper. Repeat with: Rscript tests/reference/attrition.R > tests/reference/attrition.json
set.seed(3)
lee <- function(y, d, level = .95) {
  s <- !is.na(y); q1 <- mean(s[d]); q0 <- mean(s[!d]); flip <- q1 < q0
  if (flip) { d <- !d; t <- q1; q1 <- q0; q0 <- t }
  p <- (q1 - q0) / q1; a <- sort(y[s & d]); k <- round(p * length(a)); b <- y[s & !d]; ED <- mean(d); n <- length(y)
  one <- function(keep, cut) { m <- mean(keep); v <- mean((keep - m)^2); ESD <- mean(s & d); ES0 <- mean(s & !d)
    Vp <- (1 - p)^2 * ((1 - q0 / (1 - p)) / (ED * q0 / (1 - p)) + (1 - q0) / ((1 - ED) * q0))
    V <- v / (ESD * (1 - p)) + (cut - m)^2 * p / (ESD * (1 - p)) + ((cut - m) / (1 - p))^2 * Vp + mean((b - mean(b))^2) / ES0
    c(m - mean(b), sqrt(V / n)) }
  lo <- head(a, length(a) - k); hi <- tail(a, length(a) - k); L <- one(lo, max(lo)); U <- one(hi, min(hi))
  if (flip) { t <- L; L <- c(-U[1], U[2]); U <- c(-t[1], t[2]) }
  C <- uniroot(function(c) pnorm(c + (U[1] - L[1]) / max(L[2], U[2])) - pnorm(-c) - level, c(0, 10), tol = 1e-14)$root
  list(lower = L[1], upper = U[1], std_error_lower = L[2], std_error_upper = U[2], trimmed = p, conf_low = L[1] - C * L[2], conf_high = U[1] + C * U[2])
}
case <- function(n, loss1, loss0, make) { d <- runif(n) < .5; y <- make(n, d); y[runif(n) < ifelse(d, loss1, loss0)] <- NA; list(campaign = d, outcome = y, expected = lee(y, d)) }
rates <- lapply(list(c(279, 380, 282, 416), c(90, 100, 70, 100), c(50, 50, 49, 50)), function(v) {
  x <- c(v[2] - v[1], v[4] - v[3]); n <- c(v[2], v[4]); t <- suppressWarnings(prop.test(x, n, correct = FALSE)); w <- lapply(1:2, function(i) suppressWarnings(prop.test(x[i], n[i], correct = FALSE))$conf.int); p <- x / n; d <- p[1] - p[2]
  list(counts = v, difference = d, p_value = t$p.value, conf_low = d - sqrt((p[1] - w[[1]][1])^2 + (w[[2]][2] - p[2])^2), conf_high = d + sqrt((w[[1]][2] - p[1])^2 + (p[2] - w[[2]][1])^2)) })
out <- list(rates = rates, lee = list(continuous = case(300, .1, .3, function(n, d) round(rnorm(n) + .4 * d, 4)), reversed = case(260, .35, .15, function(n, d) round(rnorm(n) + .2 * d, 4)), scale = case(400, .1, .2, function(n, d) pmin(5, pmax(1, round(3 + rnorm(n) + .3 * d))))))
cat(jsonlite::toJSON(out, digits = NA, auto_unbox = TRUE, na = "null"), "\n")
