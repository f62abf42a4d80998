# Reference numbers for reliability and for the weights of indices, by R's psych, factanal and plain matrix algebra.
# Repeat with: Rscript tests/reference/reliability.R > tests/reference/reliability.json
suppressMessages(library(psych))
set.seed(20261124)
n <- 240; f <- rnorm(n); group <- rep(c("comparison", "campaign"), each = n / 2)
items <- as.data.frame(lapply(1:5, function(j) pmin(5, pmax(1, round(3 + c(.9, .7, .8, .5, .3)[j] * f + rnorm(n, sd = .8) + .3 * (group == "campaign"))))))
names(items) <- paste0("q", 1:5); items$q4 <- 6 - items$q4
for (j in 1:5) items[sample(n, 9), j] <- NA
turned <- items; turned$q4 <- 6 - turned$q4
complete <- turned[complete.cases(turned), ]; k <- 5; m <- nrow(complete); V <- cov(complete)
a <- psych::alpha(complete, warnings = FALSE); alpha <- k / (k - 1) * (1 - sum(diag(V)) / sum(V)); stopifnot(abs(a$total$raw_alpha - alpha) < 1e-12)
quantiles <- qf(c(.025, .975), m - 1, (m - 1) * (k - 1))
fit <- factanal(covmat = V, factors = 1, n.obs = m, control = list(opt = list(factr = 1)))
s <- sqrt(diag(V)); common <- sum(fit$loadings[, 1] * s)^2
z <- items; ref <- group == "comparison"
for (j in 1:5) z[[j]] <- (items[[j]] - mean(items[ref, j], na.rm = TRUE)) / sd(items[ref, j], na.rm = TRUE)
z$q4 <- -z$q4
S <- cov(z, use = "pairwise.complete.obs"); w <- rowSums(solve(S)) / sum(solve(S))
P <- eigen(cov(z[ref, ], use = "pairwise.complete.obs"))$vectors[, 1]
score <- function(w) { have <- !is.na(z); raw <- rowSums(sweep(as.matrix(z), 2, w, "*"), na.rm = TRUE) / as.numeric(have %*% w); raw[rowSums(have) < 4] <- NA; (raw - mean(raw[ref], na.rm = TRUE)) / sd(raw[ref], na.rm = TRUE) }
icw <- score(w); pc <- score(P / sum(P)); mean_score <- rowMeans(turned, na.rm = TRUE); mean_score[rowSums(!is.na(turned)) < 4] <- NA
summary_of <- function(x) list(n = sum(!is.na(x)), mean = mean(x, na.rm = TRUE), sd = sd(x, na.rm = TRUE))
out <- list(data = cbind(items, group = group),
  mean = c(summary_of(mean_score), list(alpha = alpha, alpha_low = 1 - (1 - alpha) * quantiles[2], alpha_high = 1 - (1 - alpha) * quantiles[1],
    omega = common / (common + sum(fit$uniquenesses * s^2)), n_complete = m, ceiling = mean(mean_score[!is.na(mean_score)] == 5),
    item_rest = sapply(1:k, function(j) cor(complete[, j], rowSums(complete[, -j]))), alpha_if_dropped = a$alpha.drop$raw_alpha)),
  icw_index = c(summary_of(icw), list(weights = w, scores = icw)),
  first_component = c(summary_of(pc), list(weights = P / sum(P), scores = pc)))
cat(jsonlite::toJSON(out, digits = NA, auto_unbox = TRUE, na = "null", pretty = FALSE), "\n")
