# Randomisation inference with every assignment written out, on parts of the made-up survey of cells.csv.
# Rscript randomisation.R (in this folder) writes randomisation.json.
suppressMessages(library(jsonlite))
options(digits = 17)
d <- read.csv("cells.csv", na.strings = "")
d <- d[!is.na(d$score), ]
results <- list()

difference <- function(y, t, w) sum(w * y * t) / sum(w * t) - sum(w * y * (1 - t)) / sum(w * (1 - t))
statistic <- function(data, t, y) {
  after <- data$after == 1
  found <- difference(y[after], t[after], data$w[after])
  if (any(!after)) found <- found - difference(y[!after], t[!after], data$w[!after])
  found
}
# every way to choose as many units of each block as were reached: a matrix of units x assignments
assignments <- function(reached, block) {
  found <- matrix(0, length(reached), 1)
  for (b in unique(block)) {
    inside <- which(block == b); m <- sum(reached[inside])
    if (m == 0) next
    ways <- combn(length(inside), m)
    own <- apply(ways, 2, function(i) { v <- numeric(length(reached)); v[inside[i]] <- 1; v })
    found <- do.call(cbind, lapply(seq_len(ncol(found)), function(k) found[, k] + own))
  }
  found
}
put <- function(id, data, unit, block = NULL, weight = NULL, outcome = "score", effects = NULL) {
  data$w <- if (is.null(weight)) 1 else data[[weight]]
  names <- sort(unique(data[[unit]])); first <- match(names, data[[unit]]); at <- match(data[[unit]], names)
  ways <- assignments(data$arm[first], if (is.null(block)) rep(1, length(names)) else data[[block]][first])
  y <- data[[outcome]]
  p <- function(r) {
    y0 <- y - r * data$arm * data$after
    found <- statistic(data, data$arm, y0)
    all <- apply(ways, 2, function(t) statistic(data, t[at], y0))
    mean(abs(all) >= abs(found) - 1e-9 * max(abs(all)))
  }
  found <- list(estimate = statistic(data, data$arm, y), p_value = p(0), assignments = ncol(ways))
  if (!is.null(effects)) for (side in c(-1, 1)) {
    inside <- found$estimate; outside <- found$estimate + side * effects
    stopifnot(p(outside) <= 0.05)
    for (i in 1:45) { middle <- (inside + outside) / 2; if (p(middle) > 0.05) inside <- middle else outside <- middle }
    found[[if (side < 0) "conf_low" else "conf_high"]] <- outside
  }
  results[[id]] <<- found
}

ten <- d[d$village %in% sprintf("v%02d", 0:9), ]
put("clusters", ten[ten$after == 1, ], "village", effects = 30)
put("clusters_blocks_weighted", d[d$district %in% c("d0", "d1", "d2") & d$after == 1, ], "village", "district", "weight",
    effects = 60)
put("clusters_did", ten, "village", effects = 40)
few <- d[d$village %in% c("v00", "v03") & d$after == 1, ]
few <- do.call(rbind, lapply(split(few, few$arm), head, 6)); few$person <- seq_len(nrow(few))
put("persons", few, "person", effects = 60)
put("persons_binary_blocks", few, "person", "female", outcome = "knows")

writeLines(toJSON(list(software = R.version.string, results = results), digits = NA, auto_unbox = TRUE, pretty = 1),
           "randomisation.json")
