# Reference numbers for event studies, joint tests and doses: lm with clubSandwich (coef_test, Wald_test) and sandwich.
# Repeat with: Rscript tests/reference/event_study.R > tests/reference/event_study.json
suppressMessages({library(sandwich); library(clubSandwich)})
set.seed(4)
villages <- 18; waves <- 2021:2025
d <- expand.grid(person = 1:6, village = 1:villages, year = waves)
d$arm <- as.numeric(d$village <= 8); d$start <- ifelse(d$arm == 1, ifelse(d$village <= 4, 2024, 2023), 0)
d$age <- sample(18:60, nrow(d), TRUE); d$bursts <- sample(0:4, nrow(d), TRUE); d$w <- round(runif(nrow(d), .5, 2), 2)
d$y <- round(.4 * d$arm * (d$year >= 2024) + .1 * (d$year - 2021) + rnorm(villages, sd = .4)[d$village] + rnorm(villages * 5, sd = .2)[(d$village - 1) * 5 + d$year - 2020] + .01 * d$age + .05 * d$bursts + rnorm(nrow(d)), 3)
d <- d[-sample(nrow(d), 25), ]
numbers <- function(m, names, type, label, cluster = d$village) {
  V <- if (startsWith(type, "HC")) vcovHC(m, type = type) else vcovCR(m, cluster = cluster, type = type)
  df <- if (type == "CR2") sapply(names, function(x) coef_test(m, V, coefs = x)$df_Satt) else if (startsWith(type, "HC")) m$df.residual else villages - 1
  setNames(lapply(seq_along(names), function(i) list(estimate = unname(coef(m)[names[i]]), std_error = sqrt(V[names[i], names[i]]), df = unname(rep(df, length(names))[i]))), label)
}
joint <- function(m, names, type) { V <- vcovCR(m, cluster = d$village, type = type); t <- Wald_test(m, constrain_zero(names, coefs = coef(m)), V, test = if (type == "CR2") "HTZ" else "Naive-F"); list(statistic = t$Fstat, df = t$df_denom, p_value = t$p_val) }
for (k in c(2021, 2022, 2024, 2025)) d[[paste0("e", k)]] <- as.numeric(d$arm == 1 & d$year == k)
f <- y ~ factor(year) + arm + e2021 + e2022 + e2024 + e2025; m <- lm(f, d); ma <- lm(update(f, . ~ . + age), d); mw <- lm(f, d, weights = w)
label <- c("event_-3", "event_-2", "event_0", "event_1"); names <- c("e2021", "e2022", "e2024", "e2025")
out <- list(data = d[, c("village", "year", "arm", "start", "age", "bursts", "w", "y")], wave = list(), joint = list(), start = list(), dose = list())
for (t in c("CR2", "CR1", "CR1S", "HC1", "HC2")) out$wave[[t]] <- numbers(m, names, t, label)
out$wave_adjusted <- numbers(ma, names, "CR2", label); out$wave_weighted <- numbers(mw, names, "CR1S", label)
out$joint <- list(CR2 = joint(m, names[1:2], "CR2"), CR1 = joint(m, names[1:2], "CR1"), CR2_all = joint(m, names, "CR2"))
since <- ifelse(d$start > 0, d$year - d$start, NA); places <- setdiff(sort(unique(na.omit(since))), -1)
for (p in places) d[[paste0("s", if (p < 0) "m" else "p", abs(p))]] <- as.numeric(!is.na(since) & since == p)
sn <- paste0("s", ifelse(places < 0, "m", "p"), abs(places)); ms <- lm(as.formula(paste("y ~ factor(year) + factor(start) +", paste(sn, collapse = "+"))), d)
ok <- !is.na(coef(ms)[sn]); out$start <- numbers(ms, sn[ok], "CR1", paste0("event_", places)[ok])
md <- lm(y ~ bursts + age + factor(year), d); out$dose <- list(CR2 = numbers(md, "bursts", "CR2", "dose")$dose, HC1 = numbers(md, "bursts", "HC1", "dose")$dose)
cat(jsonlite::toJSON(out, digits = NA, auto_unbox = TRUE), "\n")
