# The wild cluster bootstrap with the null imposed, every pattern refitted from the rows of cells.csv: no packages.
# Rscript wild_bootstrap.R (in this folder) writes wild_bootstrap.json.
suppressMessages(library(jsonlite))
options(digits = 17)
d <- read.csv("cells.csv", na.strings = "")
results <- list()

fit <- function(X, y, w) solve(crossprod(X, w * X), crossprod(X, w * y))
cr1 <- function(X, e, w, g, j) {
  bread <- solve(crossprod(X, w * X)); G <- length(unique(g))
  sums <- rowsum(X * as.vector(w * e), g)
  sqrt(G / (G - 1) * (bread %*% crossprod(sums) %*% bread)[j, j])
}
p_value <- function(null, X, y, w, g, j, values) {
  b <- fit(X, y, w); t <- (b[j] - null) / cr1(X, y - X %*% b, w, g, j)
  y0 <- y - null * X[, j]
  restricted <- X[, -j, drop = FALSE] %*% fit(X[, -j, drop = FALSE], y0, w)
  residual <- y0 - restricted
  names <- sort(unique(g)); at <- match(g, names)
  patterns <- as.matrix(expand.grid(rep(list(values), length(names))))
  stars <- apply(patterns, 1, function(v) {
    ys <- restricted + v[at] * residual; bs <- fit(X, ys, w)
    bs[j] / cr1(X, ys - X %*% bs, w, g, j)
  })
  mean(abs(stars) >= abs(t) * (1 - 1e-9))
}
put <- function(id, formula, term, weights = NULL, data, values = c(-1, 1), interval = TRUE) {
  data <- data[complete.cases(data[all.vars(formula)]), ]
  X <- model.matrix(formula, data); y <- data[[all.vars(formula)[1]]]; g <- data$village
  X <- X[, qr(X)$pivot[seq_len(qr(X)$rank)]]
  w <- if (is.null(weights)) rep(1, length(y)) else data[[weights]]
  j <- which(colnames(X) == term)
  b <- fit(X, y, w); s <- cr1(X, y - X %*% b, w, g, j)
  p <- function(null) p_value(null, X, y, w, g, j, values)
  found <- list(estimate = b[j], std_error = s, statistic = b[j] / s, p_value = p(0))
  if (interval) for (side in c(-1, 1)) {
    inside <- b[j]; outside <- b[j] + side * s
    while (p(outside) > 0.05) { inside <- outside; outside <- outside + side * s }
    for (i in 1:40) { middle <- (inside + outside) / 2; if (p(middle) > 0.05) inside <- middle else outside <- middle }
    found[[if (side < 0) "conf_low" else "conf_high"]] <- outside
  }
  results[[id]] <<- found
}

eight <- d[d$village %in% sprintf("v%02d", 0:7), ]
ten <- d[d$village %in% sprintf("v%02d", 0:9), ]
put("did", score ~ arm * after, "arm:after", data = eight)
put("did_weighted_effects", score ~ factor(village) + after + female + arm:after, "after:arm", "weight", eight)
put("after_only", knows ~ arm + age, "arm", data = ten[ten$after == 1, ])
put("webb", score ~ arm * after, "arm:after", data = d[d$village %in% sprintf("v%02d", 0:4), ],
    values = c(-1, 1) %o% sqrt(c(0.5, 1, 1.5)), interval = FALSE)

writeLines(toJSON(list(software = R.version.string, results = results), digits = NA, auto_unbox = TRUE, pretty = 1),
           "wild_bootstrap.json")
