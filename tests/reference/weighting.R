# Design weights, raking, trimming, and estimates under raked weights on the made-up survey of cells.csv, by survey and clubSandwich.
# Rscript weighting.R (in this folder) writes weighting.json.
suppressMessages({library(survey); library(clubSandwich); library(jsonlite)})
options(digits = 17)
d <- read.csv("cells.csv", na.strings = "")
d$sex <- ifelse(grepl("h5$", d$household), "unknown", ifelse(d$female == 1, "female", "male"))  # a fifth did not say
d$band <- as.character(cut(d$age, c(17, 34, 49, 66), labels = c("young", "middle", "old")))
targets <- list(sex = c(female = 0.48, male = 0.52), band = c(young = 0.45, middle = 0.35, old = 0.20))

# Design weights of the wave before: 4 villages of each district, drawn alike or by size, then persons in each.
before <- d[d$after == 0, ]
interviewed <- table(before$village)
villages <- unique(before[, c("village", "district", "village_weight", "villages_in_district")])
villages$eligible <- round(villages$village_weight * 400)
villages$interviewed <- as.integer(interviewed[villages$village])
villages$selected <- villages$interviewed + (seq_len(nrow(villages)) * 3) %% 7
alike <- 4 / villages$villages_in_district
by_size <- 4 * villages$eligible / 30000
second <- villages$selected / villages$eligible
by_cluster <- villages$selected / villages$interviewed
base <- 1 / (alike * second)
by_stratum <- ave(base * villages$selected, villages$district, FUN = sum) /
  ave(base * villages$interviewed, villages$district, FUN = sum)

# Raking, each wave for itself, then trimming.
raked <- function(rows, weight) {
  design <- svydesign(ids = ~village, strata = ~district, weights = weight, data = rows)
  margin <- function(name) {
    held <- svytable(as.formula(paste("~", name)), design)
    unknown <- if ("unknown" %in% names(held)) held[["unknown"]] else 0
    known <- (sum(held) - unknown) * targets[[name]]
    out <- data.frame(names(held), as.numeric(ifelse(names(held) == "unknown", unknown, known[names(held)])))
    setNames(out, c(name, "Freq"))
  }
  rake(design, list(~sex, ~band), list(margin("sex"), margin("band")), control = list(maxit = 500, epsilon = 1e-13))
}
d$raked <- NA
for (wave in 0:1) {
  here <- d$after == wave
  w <- weights(raked(d[here, ], d$weight[here]))
  d$raked[here] <- w / mean(w)
}
equal <- raked(before, rep(1, nrow(before)))
design <- svydesign(ids = ~village, strata = ~district, weights = ~raked, data = before <- d[d$after == 0, ])
cut_at <- function(upper = Inf, lower = -Inf) weights(trimWeights(design, upper, lower, strict = TRUE))
w <- before$raked
trimmed <- list(
  median = cut_at(1.5 * median(w)), mean = cut_at(1.6 * mean(w)), deviations = cut_at(mean(w) + 1 * sd(w)),
  percentile = cut_at(quantile(w, 0.9)[[1]]), below = cut_at(lower = 0.4 * mean(w)))
kish <- function(w) length(w) * sum(w^2) / sum(w)^2

# Estimates under the raked weights: rows, all at once.
whole <- svydesign(ids = ~village, strata = ~district, weights = ~raked, data = d)
m <- svyglm(score ~ arm * after, whole)
fit <- lm(score ~ arm * after, weights = raked, data = d)
d$used <- !is.na(d$score)
error <- function(type) sqrt(vcovCR(fit, cluster = d$village[d$used], type = type)["arm:after", "arm:after"])
results <- list(
  villages = villages, alike = base, by_size = 1 / (by_size * second), counted = villages$eligible / villages$interviewed / alike,
  by_cluster = base * by_cluster, by_stratum = base * by_stratum,
  raked = d$raked, equal = weights(equal) / mean(weights(equal)), trimmed = trimmed,
  kish = list(raked = kish(w), median = kish(trimmed$median)),
  estimates = list(
    estimate = coef(fit)[["arm:after"]], linearised = sqrt(vcov(m)["arm:after", "arm:after"]),
    CR1S = error("CR1S"), CR2 = error("CR2"),
    CR2_df = coef_test(fit, vcov = "CR2", cluster = d$village[d$used], test = "Satterthwaite")["arm:after", "df_Satt"]))
software <- c(R.version.string, paste("survey", packageVersion("survey")), paste("clubSandwich", packageVersion("clubSandwich")))
writeLines(toJSON(list(software = software, results = results), digits = NA, auto_unbox = TRUE), "weighting.json")
