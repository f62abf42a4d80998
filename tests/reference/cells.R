# Variances of regressions on the made-up survey of cells.csv, by sandwich and clubSandwich.
# Rscript cells.R (in this folder) writes cells.json.
suppressMessages({library(sandwich); library(clubSandwich); library(jsonlite)})
options(digits = 17)
d <- read.csv("cells.csv", na.strings = "")
results <- list()

put <- function(id, estimate, std_error, df) {
  t <- estimate / std_error
  results[[id]] <<- list(estimate = estimate, std_error = std_error, df = df, p_value = 2 * pt(-abs(t), df),
    conf_low = estimate - qt(0.975, df) * std_error, conf_high = estimate + qt(0.975, df) * std_error)
}

regression <- function(id, formula, term, cluster, weights = NULL, data = d, robust = TRUE) {
  data$.w <- if (is.null(weights)) rep(1, nrow(data)) else data[[weights]]
  m <- if (is.null(weights)) lm(formula, data) else lm(formula, data, weights = .w)
  used <- data[rownames(model.frame(m)), ]
  b <- coef(m)[[term]]
  if (robust) {
    put(paste0(id, "_iid"), b, summary(m)$coefficients[term, 2], m$df.residual)
    for (type in c("HC0", "HC1", "HC2", "HC3"))
      put(paste0(id, "_", type), b, sqrt(vcovHC(m, type)[term, term]), m$df.residual)
  }
  groups <- used[[cluster]]
  for (type in c("CR0", "CR1", "CR1S", "CR3")) {
    v <- tryCatch(vcovCR(m, groups, type), error = function(e) NULL)
    if (!is.null(v) && is.finite(v[term, term]) && v[term, term] < 1e6)
      put(paste0(id, "_", type), b, sqrt(v[term, term]), length(unique(groups)) - 1)
  }
  test <- coef_test(m, vcovCR(m, groups, "CR2"), test = "Satterthwaite")
  put(paste0(id, "_CR2"), b, test[term, "SE"], test[term, "df_Satt"])
}

did <- score ~ arm * after
regression("did", did, "arm:after", "village")
regression("did_weighted", did, "arm:after", "village", "weight")
regression("did_village_weight", did, "arm:after", "village", "village_weight")
full <- score ~ arm * after + female + age + factor(district)
regression("did_full", full, "arm:after", "village")
regression("did_full_weighted", full, "arm:after", "village", "weight")
regression("did_district_clusters_weighted", full, "arm:after", "district", "weight", robust = FALSE)
absorbed <- score ~ factor(village) + female + after + arm:after
regression("did_village_effects", absorbed, "after:arm", "village", robust = FALSE)
regression("did_village_effects_weighted", absorbed, "after:arm", "village", "weight", robust = FALSE)
regression("binary", knows ~ arm * after + factor(district), "arm:after", "village")
regression("households", score ~ arm + factor(district) + female, "arm", "household", "weight",
           data = d[d$after == 1, ])
regression("women_only", did, "arm:after", "village", "weight", data = d[d$female == 1, ])
change <- d[d$arm == 1, ]
regression("change", score ~ after, "after", "village", data = change)
regression("change_weighted", score ~ after + age, "after", "village", "weight", data = change)

software <- c(R.version.string, paste("sandwich", packageVersion("sandwich")),
              paste("clubSandwich", packageVersion("clubSandwich")))
writeLines(toJSON(list(software = software, results = results), digits = NA, auto_unbox = TRUE, pretty = 1),
           "cells.json")
