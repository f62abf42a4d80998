# Linearised variances on the made-up survey of cells.csv, by survey. Degrees of freedom are units minus strata.
# Rscript survey.R (in this folder) writes survey.json.
suppressMessages({library(survey); library(jsonlite)})
options(digits = 17)
d <- read.csv("cells.csv", na.strings = "")
results <- list()

put <- function(id, design, formula, term) {
  m <- svyglm(formula, design)
  b <- coef(m)[[term]]; s <- sqrt(vcov(m)[term, term]); df <- degf(design)
  results[[id]] <<- list(estimate = b, std_error = s, df = df, p_value = 2 * pt(-abs(b / s), df),
    conf_low = b - qt(0.975, df) * s, conf_high = b + qt(0.975, df) * s)
}

clustered <- svydesign(ids = ~village, strata = ~district, weights = ~weight, data = d)
corrected <- svydesign(ids = ~village, strata = ~district, weights = ~weight, fpc = ~villages_in_district, data = d)
people <- svydesign(ids = ~1, strata = ~district, weights = ~weight, data = d)
put("did_clusters", clustered, score ~ arm * after, "arm:after")
put("did_clusters_fpc", corrected, score ~ arm * after + female, "arm:after")
put("did_women_fpc", subset(corrected, female == 1), score ~ arm * after, "arm:after")
put("did_people", people, knows ~ arm * after, "arm:after")

software <- c(R.version.string, paste("survey", packageVersion("survey")))
writeLines(toJSON(list(software = software, results = results), digits = NA, auto_unbox = TRUE, pretty = 1),
           "survey.json")
