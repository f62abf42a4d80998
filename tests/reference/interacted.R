# Repeat with: cd tests/reference && Rscript interacted.R
# Covariates with slopes of their own in each arm (Lin 2013), by estimatr::lm_lin; two arms and three, weighted and not.
suppressMessages({library(estimatr); library(jsonlite)})
set.seed(41)
n <- 240
d <- data.frame(village = sample(sprintf("v%02d", 1:20), n, TRUE, prob = (1:20)^0.7))
d$arm <- (as.integer(substr(d$village, 2, 3)) %% 3)
d$age <- round(rnorm(n, 35, 9)); d$sex <- sample(c("f", "m"), n, TRUE); d$w <- round(runif(n, 0.4, 2.5), 3)
d$y <- round(0.4 * (d$arm == 1) + 0.02 * d$age * (d$arm == 2) + 0.3 * (d$sex == "f") + rnorm(n), 4)
d$z <- as.integer(d$arm > 0)
results <- list()
for (se in c("HC1", "HC2", "HC3", "CR2", "stata")) for (weighted in c(FALSE, TRUE)) for (outcome in c("z", "arm")) {
  a <- list(formula = as.formula(if (outcome == "z") "y ~ z" else "y ~ factor(arm)"), covariates = ~ age + sex, data = d, se_type = se)
  if (se %in% c("CR2", "stata")) a$clusters <- d$village
  if (weighted) a$weights <- d$w
  r <- do.call(lm_lin, a)
  terms <- if (outcome == "z") "z" else c("factor(arm)1", "factor(arm)2")
  for (i in seq_along(terms)) { t <- terms[i]
    results[[paste(outcome, i, if (se == "stata") "CR1S" else se, if (weighted) "weighted" else "plain")]] <- list(
      estimate = r$coefficients[[t]], std_error = r$std.error[[t]], df = r$df[[t]], p_value = r$p.value[[t]],
      conf_low = r$conf.low[[t]], conf_high = r$conf.high[[t]]) }
}
writeLines(toJSON(list(data = d, results = results), auto_unbox = TRUE, digits = NA, dataframe = "rows"), "interacted.json")
