# What each cluster carries, on the made-up survey of cells.csv: hat values, partial leverages, fits without each cluster,
# and the effective number of clusters of Carter, Schnepel & Steigerwald. Rscript clusters.R writes clusters.json.
suppressMessages(library(jsonlite))
options(digits = 17)
d <- read.csv("cells.csv", na.strings = "")
results <- list()

put <- function(id, formula, term, weights = NULL, data = d) {
  data$.w <- if (is.null(weights)) 1 else data[[weights]]
  data <- data[complete.cases(data[all.vars(formula)]), ]
  m <- lm(formula, data, weights = .w)
  X <- model.matrix(m); X <- X[, !is.na(coef(m))]; g <- data$village
  bread <- solve(crossprod(X, data$.w * X))
  others <- X[, colnames(X) != term]; x <- X[, term]
  left <- x - others %*% solve(crossprod(others, data$.w * others), crossprod(others, data$.w * x))
  pull <- drop(X %*% bread[, term]) * data$.w
  effective <- function(gamma) length(gamma) / (1 + mean((gamma / mean(gamma) - 1)^2))
  without <- sapply(sort(unique(g)), function(v) coef(lm(formula, data[g != v, ], weights = .w))[[term]])
  results[[id]] <<- list(
    estimate = coef(m)[[term]], size_cv = sd(table(g)) / mean(table(g)),
    effective_if_independent = effective(rowsum(pull^2, g)), effective_if_alike = effective(rowsum(pull, g)^2),
    leverage = drop(rowsum(hatvalues(m), g)), partial_leverage = drop(rowsum(data$.w * left^2, g)) / sum(data$.w * left^2),
    left_out_estimate = without)
}
put("did", score ~ arm * after, "arm:after")
put("weighted_covariates", score ~ arm * after + female + factor(district), "arm:after", "weight")
put("village_effects", score ~ factor(village) + after + arm:after + age, "after:arm")
put("after_only", knows ~ arm, "arm", data = d[d$after == 1, ])

writeLines(toJSON(list(software = R.version.string, results = results), digits = NA, auto_unbox = TRUE, pretty = 1),
           "clusters.json")
