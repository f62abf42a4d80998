# Reference numbers for what stands beside an average: leave1out, blup and rma.mv of R's metafor.
# Repeat with: Rscript tests/reference/nested_pooling.R > tests/reference/nested_pooling.json
suppressMessages(library(metafor))
exact <- list(threshold = 1e-14, maxiter = 100000, tol = 1e-14)
d <- data.frame(site = c("npl", "bgd", "vnm", "tha", "idn", "mys", "kor", "nzl"), country = c("a", "a", "a", "b", "b", "c", "c", "c"),
  estimate = c(0.118, 0.096, 0.089, 0.031, -0.012, 0.054, 0.004, 0.071), std_error = c(0.021, 0.025, 0.024, 0.022, 0.045, 0.031, 0.027, 0.038))
out <- list(data = d)
for (interval in c(knapp_hartung = "knha", normal = "z")) {
  name <- if (interval == "z") "normal" else "knapp_hartung"; m <- rma(estimate, sei = std_error, data = d, test = interval, control = exact)
  l <- leave1out(m); b <- blup(m)
  out[[name]] <- list(leave_one_out = data.frame(estimate = l$estimate, std_error = l$se, conf_low = l$ci.lb, conf_high = l$ci.ub, p_value = l$pval, tau2 = l$tau2),
    shrunken = data.frame(estimate = b$pred, std_error = b$se))
}
m <- rma.mv(estimate, std_error^2, random = ~ 1 | country/site, data = d, test = "t", control = list(optimizer = "BFGS", reltol = 1e-14, maxit = 10000))
out$nested <- list(estimate = as.numeric(m$b), std_error = m$se, p_value = m$pval, conf_low = m$ci.lb, conf_high = m$ci.ub, tau2_between = m$sigma2[1], tau2_within = m$sigma2[2])
cat(jsonlite::toJSON(out, digits = NA, auto_unbox = TRUE), "\n")
