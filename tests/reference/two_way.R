# Clusters in two ways on the made-up survey of cells.csv, by sandwich::vcovCL (each part with its own G/(G-1)).
# Rscript two_way.R (in this folder) writes two_way.json.
suppressMessages({library(sandwich); library(jsonlite)})
options(digits = 17)
d <- read.csv("cells.csv", na.strings = "")
results <- list()

put <- function(id, m, term, ways) {
  used <- d[rownames(model.frame(m)), ]
  g <- used[ways]
  df <- min(sapply(g, function(x) length(unique(x)))) - 1
  b <- coef(m)[[term]]
  kinds <- list(CR0 = list("HC0", FALSE), CR1 = list("HC0", TRUE), CR1S = list("HC1", TRUE))
  for (kind in names(kinds)) {
    v <- vcovCL(m, g, type = kinds[[kind]][[1]], cadjust = kinds[[kind]][[2]], multi0 = FALSE)
    s <- sqrt(v[term, term])
    results[[paste0(id, "_", kind)]] <<- list(estimate = b, std_error = s, df = df, p_value = 2 * pt(-abs(b / s), df),
      conf_low = b - qt(0.975, df) * s, conf_high = b + qt(0.975, df) * s)
  }
}

put("did", lm(score ~ arm * after, d), "arm:after", c("village", "age"))
put("nested", lm(score ~ arm * after, d), "arm:after", c("household", "village"))
put("weighted", lm(score ~ arm * after + female + factor(district), d, weights = weight), "arm:after", c("age", "village"))

software <- c(R.version.string, paste("sandwich", packageVersion("sandwich")))
writeLines(toJSON(list(software = software, results = results), digits = NA, auto_unbox = TRUE, pretty = 1),
           "two_way.json")
