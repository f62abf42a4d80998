# Reference numbers for pooling and multiplicity, by R's metafor and p.adjust.
# Repeat with: Rscript tests/reference/pooling.R > tests/reference/pooling.json
suppressMessages(library(metafor))
exact <- list(threshold = 1e-14, maxiter = 100000, tol = 1e-14)
tables <- list(
  spread = data.frame(yi = c(0.118, 0.096, 0.089, 0.071, -0.012, 0.004), sei = c(0.021, 0.025, 0.024, 0.022, 0.045, 0.031),
                      rate = c(0.2, 0.5, 0.3, 0.7, 0.9, 0.8), role = c("origin", "origin", "origin", "transit", "transit", "transit")),
  alike = data.frame(yi = c(0.05, 0.052, 0.048, 0.051, 0.049), sei = c(0.02, 0.03, 0.025, 0.022, 0.028),
                     rate = c(1, 2, 3, 4, 6), role = c("a", "a", "b", "b", "b")),
  three = data.frame(yi = c(0.3, 0.1, -0.2), sei = c(0.1, 0.12, 0.09), rate = c(1, 3, 2), role = c("a", "b", "b")),
  two = data.frame(yi = c(0.3, -0.1), sei = c(0.1, 0.12), rate = c(1, 3), role = c("a", "b")))
row <- function(m) list(estimate = as.numeric(m$b[1]), std_error = m$se[1], p_value = m$pval[1], conf_low = m$ci.lb[1], conf_high = m$ci.ub[1],
  tau2 = m$tau2, i2 = m$I2 / 100, q = m$QE, q_p_value = m$QEp)
intervals <- c(normal = "z", knapp_hartung = "knha", knapp_hartung_floored = "adhoc")
out <- list(tables = tables, pooled = list(), equal = list(), moderated = list(), adjusted = list())
for (name in names(tables)) {
  d <- tables[[name]]; k <- nrow(d)
  for (method in c("REML", "DL", "PM", "EE")) for (interval in names(intervals)) {
    m <- rma(yi, sei = sei, data = d, method = method, test = intervals[[interval]], control = exact)
    r <- row(m)
    if (method != "EE" && k > 2) { s <- sqrt(m$se^2 + m$tau2); t <- qt(.975, k - 2); r$predict_low <- m$b[1] - t * s; r$predict_high <- m$b[1] + t * s }
    if (method == "REML" && interval == "normal") { c <- suppressWarnings(confint(m, control = list(tol = 1e-14, tau2.max = 1000)))$random["tau^2", ]; r$tau2_low <- max(0, unname(c[2])); r$tau2_high <- unname(c[3]) }
    out$pooled[[paste(name, if (method == "EE") "fixed" else method, interval)]] <- r
  }
  v <- d$sei^2; df <- c(12.3, 30, 7.7, 18, 45, 9.1)[1:k]; V <- sum(v) / k^2; nu <- V^2 / sum((v / k^2)^2 / df); e <- mean(d$yi)
  out$equal[[name]] <- list(estimate = e, std_error = sqrt(V), df = nu, p_value = 2 * pt(-abs(e / sqrt(V)), nu), conf_low = e - qt(.975, nu) * sqrt(V), conf_high = e + qt(.975, nu) * sqrt(V), dfs = df)
}
for (name in c("spread", "alike")) for (form in c("~ rate", "~ role")) for (interval in names(intervals)) {
  m <- rma(yi, sei = sei, mods = as.formula(form), data = tables[[name]], method = "REML", test = intervals[[interval]], control = exact)
  z <- interval == "normal"
  out$moderated[[paste(name, form, interval)]] <- list(estimate = as.numeric(m$b), std_error = m$se, p_value = m$pval, conf_low = m$ci.lb, conf_high = m$ci.ub,
    tau2 = m$tau2, q = if (z) m$QM else m$QM * m$m, q_p_value = m$QMp, residual_q = m$QE, residual_q_p_value = m$QEp)
}
by_role <- lapply(split(tables$spread, tables$spread$role), function(d) rma(yi, sei = sei, data = d, method = "REML", control = exact))
parts <- data.frame(yi = sapply(by_role, function(m) m$b[1]), sei = sapply(by_role, function(m) m$se))
test <- rma(yi, sei = sei, data = parts, method = "EE"); out$subgroups <- list(groups = names(by_role), estimate = unname(parts$yi), q = test$QE, p_value = test$QEp)
p <- c(0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216, 0.222, 0.251, 0.269, 0.275, 0.34)
out$adjusted <- list(p = p, holm = p.adjust(p, "holm"), bh = p.adjust(p, "BH"), by = p.adjust(p, "BY"))
cat(jsonlite::toJSON(out, digits = NA, auto_unbox = TRUE, null = "null", na = "null", pretty = TRUE), "\n")
