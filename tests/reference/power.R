# Reference numbers for power and sample size, by R's own tests of power and by the formulas of the papers named in power.py.
# Repeat with: Rscript tests/reference/power.R > tests/reference/power.json
exact <- function(ncp, df, alpha) 1 - pt(qt(1 - alpha / 2, df), df, ncp) + pt(-qt(1 - alpha / 2, df), df, ncp)
cases <- list()
add <- function(arguments, ...) cases[[length(cases) + 1]] <<- list(arguments = arguments, expected = list(...))
for (delta in c(.15, .4)) for (sd in c(1, 2.5)) {
  add(sprintf("--solve n --effect %g --sd %g", delta, sd), n = power.t.test(delta = delta, sd = sd, power = .8, strict = TRUE, tol = 1e-13)$n)
  add(sprintf("--solve n --effect %g --sd %g --alpha .01 --power .9", delta, sd), n = power.t.test(delta = delta, sd = sd, sig.level = .01, power = .9, strict = TRUE, tol = 1e-13)$n)
  add(sprintf("--solve power --n 120 --effect %g --sd %g", delta, sd), power = power.t.test(n = 120, delta = delta, sd = sd, strict = TRUE)$power, df = 238)
}
for (n in c(30, 250)) add(sprintf("--solve mde --n %d", n), mde = power.t.test(n = n, power = .8, sd = 1, strict = TRUE, tol = 1e-13)$delta, mde_normal = (qnorm(.975) + qnorm(.8)) * sqrt(2 / n))
for (p in c(.2, .55)) {
  add(sprintf("--solve n --proportion %g --effect .08", p), n = power.prop.test(p1 = p, p2 = p + .08, power = .8, strict = TRUE, tol = 1e-13)$n)
  add(sprintf("--solve power --proportion %g --effect .08 --n 500", p), power = power.prop.test(n = 500, p1 = p, p2 = p + .08, strict = TRUE)$power)
  add(sprintf("--solve mde --proportion %g --n 500", p), mde = power.prop.test(n = 500, p1 = p, power = .8, strict = TRUE, tol = 1e-13)$p2 - p)
}
for (J in c(5, 24)) for (m in c(12, 60)) for (icc in c(.01, .12)) for (cv in c(0, .5)) {
  df <- 2 * (J - 1); mult <- qt(.975, df) + qt(.8, df); between <- (cv^2 + 1) * m * icc
  deff <- 1 + ((cv^2 + 1) * m - 1) * icc; se <- sqrt(2 * deff / (J * m))
  given <- sprintf("--clusters %g --cluster-size %g --icc %g --cv %g", J, m, icc, cv)
  nc <- uniroot(function(d) exact(d / se, df, .05) - .8, c(1e-6, 10), tol = 1e-14)$root
  add(paste("--solve mde", given), mde = mult * se, mde_noncentral_t = nc, mde_normal = (qnorm(.975) + qnorm(.8)) * se, design_effect = deff, df = df, std_error = se)
  both <- function(e) sqrt((.3 * .7 + (.3 + e) * (.7 - e)) / 2)
  if (mult * se * both(.7) < .7) add(paste("--solve mde", given, "--proportion .3"), mde = uniroot(function(e) mult * se * both(e) - e, c(0, .7), tol = 1e-15)$root)
  add(paste("--solve power --effect .1 --proportion .3", given), power = exact(.1 / (se * both(.1)), df, .05))
  add(paste("--solve power --effect .25", given), power = exact(.25 / se, df, .05), design_effect = deff, df = df)
  waves <- sqrt(4 / J * (icc * (1 - .7) * (cv^2 + 1) + (1 - icc) / m))
  add(paste("--solve mde --design two_wave_cross_section --autocorrelation .7", given), mde = mult * waves, std_error = waves, df = df)
  cohort <- sqrt(4 / J * (icc * (1 - .7) * (cv^2 + 1) + (1 - icc) * (1 - .4) / m))
  add(paste("--solve mde --design cohort --autocorrelation .7 --individual-autocorrelation .4", given), mde = mult * cohort, std_error = cohort, df = df)
  add(sprintf("--solve clusters --cluster-size %g --icc %g --cv %g --effect %.17g", m, icc, cv, mult * se), clusters = J, n = J * m)
  add(sprintf("--solve n --clusters %g --icc %g --cv %g --effect %.17g", J, icc, cv, mult * se), n = J * m, cluster_size = m)
}
cat(jsonlite::toJSON(cases, digits = NA, auto_unbox = TRUE, pretty = TRUE), "\n")
