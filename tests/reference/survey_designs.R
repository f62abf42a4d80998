# Many small sample designs on the made-up survey of cells.csv, by survey: strata with a single unit under each of R's
# options, finite populations, ids that repeat between strata, domains, two waves on the same units, covariates.
# Degrees of freedom are units minus strata of the whole sample. Rscript survey_designs.R writes survey_designs.json.
suppressMessages({library(survey); library(jsonlite)})
options(digits = 17)
d <- read.csv("cells.csv", na.strings = "")
d$lone <- ifelse(d$village %in% c("v05", "v20"), d$village, d$district)  # two strata with one village each
d$number <- as.integer(factor(d$village)) %% 4                           # village numbers start again in each district
d$population <- ifelse(d$lone == "v20", 1, d$villages_in_district)       # one of them is the only one there is
results <- list()

put <- function(id, design, formula, term, whole = design) {
  m <- svyglm(formula, design)
  b <- coef(m)[[term]]; s <- sqrt(vcov(m)[term, term]); df <- degf(whole)
  results[[id]] <<- list(estimate = b, std_error = s, df = df, p_value = 2 * pt(-abs(b / s), df),
    conf_low = b - qt(0.975, df) * s, conf_high = b + qt(0.975, df) * s)
}

for (option in c("adjust", "certainty", "average", "remove")) {
  options(survey.lonely.psu = option)
  put(paste0("lonely_", option), svydesign(~village, strata = ~lone, weights = ~weight, data = d),
      score ~ arm * after, "arm:after")
  put(paste0("lonely_fpc_", option), svydesign(~village, strata = ~lone, weights = ~weight, fpc = ~population, data = d),
      score ~ arm * after + age, "arm:after")
}
options(survey.lonely.psu = "adjust")
nested <- svydesign(~number, strata = ~district, weights = ~weight, data = d, nest = TRUE)
put("ids_repeat", nested, score ~ arm * after, "arm:after")
put("ids_repeat_women", subset(nested, female == 1), score ~ arm * after, "arm:after", nested)
put("ids_repeat_elders", subset(nested, age > 55), score ~ arm * after, "arm:after", nested)
put("no_strata", svydesign(~village, weights = ~weight, data = d), knows ~ arm * after + factor(district), "arm:after")
put("no_weights", svydesign(~village, strata = ~district, weights = ~1, data = d), score ~ arm * after, "arm:after")
put("people", svydesign(~1, strata = ~lone, weights = ~weight, data = d), score ~ arm * after + female, "arm:after")
campaign <- d[d$arm == 1, ]
put("change_same_units", svydesign(~village, strata = ~district, weights = ~weight, data = campaign), knows ~ after, "after")
after <- d[d$after == 1, ]
put("after_fpc", svydesign(~village, strata = ~district, weights = ~village_weight, fpc = ~villages_in_district, data = after),
    score ~ arm + age + female, "arm")
few <- d[d$village %in% sprintf("v%02d", 0:7), ]
put("two_strata", svydesign(~village, strata = ~district, weights = ~weight, data = few), score ~ arm * after, "arm:after")

software <- c(R.version.string, paste("survey", packageVersion("survey")))
writeLines(toJSON(list(software = software, results = results), digits = NA, auto_unbox = TRUE, pretty = 1),
           "survey_designs.json")
