# Reference numbers for the doubly robust comparison: glm, lm, and the sandwich of the stacked estimating equations by
# finite differences. Repeat with: Rscript tests/reference/exposure.R > tests/reference/exposure.json
set.seed(7)
n <- 400; x <- round(rnorm(n), 3); z <- sample(c("a", "b", "c"), n, TRUE); village <- sample(1:25, n, TRUE)
exposed <- rbinom(n, 1, plogis(-.3 + .7 * x + .5 * (z == "b"))); w <- round(runif(n, .5, 2), 2)
y <- round(1 + .6 * exposed + .8 * x - .4 * (z == "c") + .3 * rnorm(25)[village] + rnorm(n), 3)
knows <- rbinom(n, 1, plogis(-.2 + .5 * exposed + .6 * x))
d <- data.frame(y, knows, exposed, x, z, village, w)
X <- model.matrix(~ x + z, d)
stacked <- function(y, w, cluster) {
  d$y <- y; d$w <- w
  ps <- suppressWarnings(glm(exposed ~ x + z, binomial, d, weights = w, epsilon = 1e-14, maxit = 100))
  b1 <- coef(lm(y ~ x + z, d, weights = w, subset = exposed == 1)); b0 <- coef(lm(y ~ x + z, d, weights = w, subset = exposed == 0))
  k <- ncol(X); equations <- function(t) { a <- t[1:k]; s1 <- t[k + 1:k]; s0 <- t[2 * k + 1:k]; p <- plogis(X %*% a)[, 1]; m1 <- (X %*% s1)[, 1]; m0 <- (X %*% s0)[, 1]; D <- exposed
    w * cbind(X * (D - p), X * (D * (y - m1)), X * ((1 - D) * (y - m0)), m1 + D * (y - m1) / p - t[3 * k + 1], m0 + (1 - D) * (y - m0) / (1 - p) - t[3 * k + 2]) }
  t0 <- c(coef(ps), b1, b0, 0, 0); U <- equations(t0); t0[3 * k + 1:2] <- colSums(U[, 3 * k + 1:2]) / sum(w)
  A <- sapply(seq_along(t0), function(j) { h <- 1e-5; e <- replace(numeric(length(t0)), j, h); (colSums(equations(t0 + e)) - colSums(equations(t0 - e))) / (2 * h) })
  U <- equations(t0); G <- 1
  if (!is.null(cluster)) { U <- rowsum(U, cluster); G <- nrow(U) / (nrow(U) - 1) }
  V <- solve(A) %*% crossprod(U) %*% t(solve(A)) * G; c <- c(numeric(3 * k), 1, -1)
  list(estimate = unname(sum(c * t0)), std_error = sqrt(drop(t(c) %*% V %*% c)), mean_comparison_after = unname(t0[3 * k + 2]))
}
one <- rep(1, n)
out <- list(data = d, plain = stacked(y, one, NULL), weighted = stacked(y, w, NULL), clustered = stacked(y, w, village), binary = stacked(knows, one, village))
cat(jsonlite::toJSON(out, digits = NA, auto_unbox = TRUE), "\n")
