# Every effect of this bundle computed anew from extract.csv by R's own packages, and compared with expected_effects.csv.
# Run it in the bundle's folder:  Rscript replicate.R
# It writes replicated_r.csv, prints the largest difference of every number, and ends with 1 where one is too large.
# Packages: sandwich, clubSandwich, survey, metafor, AER. What needs one that is not installed is left out and counted.

options(digits = 17, warn = -1) # glm says that weighted successes are no whole numbers
tolerance <- 1e-8               # relative to the number, absolute below one
enumerated <- 20000             # assignments or sign patterns gone through one by one
installed <- sapply(c("sandwich", "clubSandwich", "survey", "metafor", "AER"), function(name) suppressMessages(suppressWarnings(requireNamespace(name, quietly = TRUE))))
need <- function(package) if (!installed[[package]]) stop(structure(class = c("not_covered", "error", "condition"),
  list(message = paste("numbers by package", package, "which is not installed"), call = NULL)))
not_covered <- function(what) stop(structure(class = c("not_covered", "error", "condition"), list(message = what, call = NULL)))

argument <- grep("^--file=", commandArgs(FALSE), value = TRUE)
here <- if (length(argument)) dirname(normalizePath(sub("^--file=", "", argument[1]))) else "."
read <- function(name) read.csv(file.path(here, name), colClasses = "character", na.strings = character(), check.names = FALSE, encoding = "UTF-8")
words <- function(text) { parts <- strsplit(text, "|", fixed = TRUE)[[1]]; parts[parts != ""] }
number <- function(text) suppressWarnings(as.numeric(text))
recorded <- function(rows, name) name %in% names(rows) && any(rows[[name]] != "")

# ---- rows --------------------------------------------------------------------------------------------------------------

weights_of <- function(rows) { if (!recorded(rows, "weight")) return(rep(1, nrow(rows))); w <- number(rows$weight); ifelse(is.na(w), 0, w) }

# The rows an effect is made from: its subgroup, waves and arms, nothing needed missing.
rows_of <- function(e, site) {
  rows <- site
  if (e$subgroup_variable != "") rows <- rows[rows[[e$subgroup_variable]] == e$subgroup_value, ]
  if (recorded(site, "wave") && !e$design %in% c("event_study", "staggered"))
    rows <- rows[rows$wave %in% (if (e$design %in% c("pre_post", "difference_in_differences")) c("before", "after") else "after"), ]
  arms <- words(e$arms)
  if (e$design %in% c("difference_in_differences", "randomised", "ancova", "event_study", "encouragement", "exposure")) arms <- c(arms, "comparison")
  if (e$design == "event_study") arms <- c(arms, words(e$references))
  if (recorded(site, "arm") && !e$design %in% c("staggered", "dose")) rows <- rows[rows$arm %in% arms, ]
  keep <- is.finite(number(rows[[e$outcome]])) & weights_of(rows) > 0
  numeric <- c(words(e$covariates), intersect(c("received", "dose"), words(e$needs)))
  if ("baseline" %in% words(e$needs)) numeric <- c(numeric, paste0("before.", e$outcome))
  for (name in numeric) keep <- keep & is.finite(number(rows[[name]]))
  labels <- c(words(e$indicators), words(e$clusters))
  if (e$standard_errors == "linearised" && recorded(site, "stratum")) labels <- c(labels, "stratum")
  if (e$p_method == "randomisation" && recorded(site, "block")) labels <- c(labels, "block")
  for (name in labels) keep <- keep & rows[[name]] != ""
  rows[keep, ]
}

# The columns of the regression under plain names, the effects last; every covariate around its weighted mean.
frame_of <- function(e, rows) {
  w <- weights_of(rows); y <- number(rows[[e$outcome]])
  if (e$design == "paired_pre_post") y <- y - number(rows[[paste0("before.", e$outcome)]])
  frame <- list(y = y); i <- 0
  around <- list() # what has slopes of its own in each arm, around its mean (Lin 2013)
  for (name in words(e$indicators)) if (length(unique(rows[[name]])) > 1) {
    i <- i + 1; frame[[paste0("f", i)]] <- factor(rows[[name]])
    if (name %in% words(e$interacted)) for (level in sort(unique(rows[[name]]))[-1]) { one <- as.numeric(rows[[name]] == level); around <- c(around, list(one - weighted.mean(one, w))) }
  }
  covariates <- lapply(words(e$covariates), function(name) number(rows[[name]]))
  if (e$design == "ancova") covariates <- c(covariates, list(number(rows[[paste0("before.", e$outcome)]])))
  for (j in seq_along(covariates)) { x <- covariates[[j]]; frame[[paste0("c", j)]] <- x - weighted.mean(x, w); around <- c(around, list(frame[[paste0("c", j)]])) }
  arms <- words(e$arms); after <- if ("wave" %in% names(rows)) as.numeric(rows$wave == "after") else rep(1, nrow(rows))
  arm <- function(a) as.numeric(rows$arm == a)
  if (e$design == "difference_in_differences") {
    for (j in seq_along(arms)) frame[[paste0("a", j)]] <- arm(arms[j])
    frame$after <- after
    for (j in seq_along(arms)) frame[[paste0("t", j)]] <- arm(arms[j]) * after
  } else if (e$design == "pre_post") frame$t1 <- after
  else if (e$design == "dose") frame$t1 <- number(rows$dose)
  else if (e$design != "paired_pre_post") for (j in seq_along(arms)) frame[[paste0("t", j)]] <- arm(arms[j])
  if (e$adjustment == "interacted") for (name in grep("^t[0-9]+$", names(frame), value = TRUE)) for (j in seq_along(around)) frame[[paste0("s", name, "_", j)]] <- frame[[name]] * around[[j]]
  as.data.frame(frame)
}
term_of <- function(e) if (e$design == "paired_pre_post") "(Intercept)" else paste0("t", if (e$design == "dose") 1 else match(e$arm, words(e$arms)))

# ---- variances by sandwich, clubSandwich and survey --------------------------------------------------------------------

clusters_of <- function(e, rows) rows[words(e$clusters)]

# The variance of a combination of coefficients and its degrees of freedom.
robust <- function(e, m, rows, along, hc_df) {
  kind <- e$standard_errors; own <- function(V) drop(t(along) %*% V %*% along)
  if (kind == "iid") return(c(own(if (inherits(m, "glm") && m$family$family == "poisson") vcov(update(m, family = quasipoisson)) else vcov(m)), hc_df))
  if (kind %in% c("HC2", "HC3") && inherits(m, "ivreg")) { # leverages of the second stage, which AER takes without weights
    X <- model.matrix(m, component = "projected"); w <- weights_of(rows); B <- solve(crossprod(X, w * X)); left <- 1 - w * rowSums((X %*% B) * X)
    return(c(own(B %*% crossprod(X * (w * residuals(m) / left^(if (kind == "HC2") 0.5 else 1))) %*% B), hc_df))
  }
  if (kind %in% c("HC0", "HC1", "HC2", "HC3")) { need("sandwich"); return(c(own(sandwich::vcovHC(m, kind)), hc_df)) }
  clusters <- clusters_of(e, rows); G <- min(sapply(clusters, function(x) length(unique(x))))
  if (length(clusters) == 2) {
    need("sandwich")
    V <- sandwich::vcovCL(m, clusters, type = if (kind == "CR1S") "HC1" else "HC0", cadjust = kind != "CR0", multi0 = FALSE)
    return(c(own(V), G - 1))
  }
  need("clubSandwich")
  if (kind %in% c("CR0", "CR1", "CR1S") && inherits(m, "glm")) {
    need("sandwich")
    return(c(own(sandwich::vcovCL(m, clusters[[1]], type = if (kind == "CR1S") "HC1" else "HC0", cadjust = kind != "CR0")), G - 1))
  }
  V <- clubSandwich::vcovCR(m, clusters[[1]], kind)
  if (kind != "CR2") return(c(own(as.matrix(V)), G - 1))
  if (sum(along != 0) == 1) {
    test <- clubSandwich::coef_test(m, V, test = "Satterthwaite", coefs = which(along != 0))
    return(c(own(as.matrix(V)), if (is.null(test$df_Satt)) test$df else test$df_Satt))
  }
  c(own(as.matrix(V)), clubSandwich::linear_contrast(m, V, contrasts = matrix(along, 1), test = "Satterthwaite")$df)
}

# The same from a survey design of the whole site; units minus strata.
linearised <- function(e, site, rows, frame, gaussian_family) {
  need("survey"); options(survey.lonely.psu = e$lonely_units)
  sampled <- weights_of(site) > 0; if (recorded(site, "stratum")) sampled <- sampled & site$stratum != ""
  if (length(words(e$clusters))) sampled <- sampled & site$cluster != ""
  all <- data.frame(.row = rownames(site)[sampled], .w = weights_of(site)[sampled], .used = rownames(site)[sampled] %in% rownames(rows))
  all$.cluster <- if (length(words(e$clusters))) site$cluster[sampled] else all$.row
  all$.stratum <- if (recorded(site, "stratum")) site$stratum[sampled] else "all"
  if (recorded(site, "fpc")) all$.fpc <- number(site$fpc)[sampled]
  for (name in names(frame)) { all[[name]] <- frame[[name]][NA][seq_len(nrow(all))]; all[[name]][match(rownames(rows), all$.row)] <- frame[[name]] }
  design <- survey::svydesign(ids = ~.cluster, strata = ~.stratum, weights = ~.w, data = all, nest = TRUE,
                              fpc = if (recorded(site, "fpc")) ~.fpc else NULL)
  df <- survey::degf(design)
  m <- survey::svyglm(reformulate(c(setdiff(names(frame), "y"), "1"), "y"), subset(design, .used), family = gaussian_family,
                      control = list(epsilon = 1e-14, maxit = 50))
  list(model = m, df = df)
}

# ---- one regression ----------------------------------------------------------------------------------------------------

kept <- function(m) !is.na(coef(m))
fitted_as <- function(e, rows, site) {
  frame <- frame_of(e, rows); w <- weights_of(rows); term <- term_of(e)
  formula <- reformulate(c(setdiff(names(frame), "y"), "1"), "y"); frame$.w <- w
  environment(formula) <- environment()
  if (e$design == "encouragement") {
    need("AER"); frame$.got <- number(rows$received)
    others <- setdiff(names(frame), c("y", ".w", ".got", "t1"))
    m <- AER::ivreg(as.formula(paste("y ~", paste(c(others, ".got"), collapse = "+"), "|", paste(c(others, "t1"), collapse = "+"))), data = frame, weights = .w)
    along <- as.numeric(names(coef(m)) == ".got")
    return(list(estimate = coef(m)[[".got"]], found = robust(e, m, rows, along, m$df.residual)))
  }
  if (e$model == "linear") {
    m <- lm(formula, frame, weights = .w)
    if (!all(kept(m))) { # collinear columns left out in their order
      X <- model.matrix(m)[, kept(m)]; term0 <- colnames(X); frame2 <- as.data.frame(X[, -1, drop = FALSE]); names(frame2) <- paste0("x", seq_along(frame2)); frame2$y <- frame$y; frame2$.w <- w
      m <- lm(reformulate(setdiff(names(frame2), c("y", ".w")), "y"), frame2, weights = .w); names(m$coefficients) <- names(coef(m)); at <- match(term, term0)
    } else at <- match(term, names(coef(m)))
    along <- as.numeric(seq_along(coef(m)) == at)
    estimate <- coef(m)[[at]]
    if (e$standard_errors == "linearised") {
      found <- linearised(e, site, rows, frame[names(frame) != ".w"], gaussian()); b <- coef(found$model)
      return(list(estimate = estimate, found = c(vcov(found$model)[term, term], found$df), model = m, at = at))
    }
    return(list(estimate = estimate, found = robust(e, m, rows, along, m$df.residual), model = m, at = at))
  }
  family <- if (e$model == "logit") binomial() else poisson()
  m <- glm(formula, family, frame, weights = .w, control = list(epsilon = 1e-14, maxit = 50))
  if (!all(kept(m))) not_covered("a likelihood with collinear columns")
  X <- model.matrix(m); x1 <- x0 <- X; effects <- grep("^t[0-9]+$", colnames(X)); x1[, effects] <- x0[, effects] <- 0; x1[, term] <- 1
  share <- if (e$design == "difference_in_differences") w * (X[, term] > 0) else w; share <- share / sum(share); b <- coef(m)
  e1 <- drop(x1 %*% b); e0 <- drop(x0 %*% b)
  estimate <- sum(share * (family$linkinv(e1) - family$linkinv(e0)))
  g <- colSums(share * (family$mu.eta(e1) * x1 - family$mu.eta(e0) * x0))
  if (e$standard_errors == "linearised") {
    found <- linearised(e, site, rows, frame[names(frame) != ".w"], if (e$model == "logit") quasibinomial() else quasipoisson())
    return(list(estimate = estimate, found = c(drop(t(g) %*% vcov(found$model) %*% g), found$df)))
  }
  list(estimate = estimate, found = robust(e, m, rows, g, m$df.residual))
}

# ---- tests by drawing --------------------------------------------------------------------------------------------------

# Null imposed, one weight a cluster, CR1-studentised, symmetric; every pattern where there are few enough.
wild_bootstrap <- function(e, rows, fit) {
  m <- fit$model; X <- model.matrix(m); w <- weights_of(rows); y <- m$model$y; code <- match(rows$cluster, unique(rows$cluster)); G <- max(code); j <- fit$at
  bread <- solve(crossprod(X, w * X)); Z <- X[, -j, drop = FALSE]
  inner <- solve(crossprod(Z, w * Z)); residual <- drop(y - Z %*% (inner %*% crossprod(Z, w * y))); own <- drop(X[, j] - Z %*% (inner %*% crossprod(Z, w * X[, j])))
  by_cluster <- rowsum(X * (w * residual), code); moved <- rowsum(X * (w * own), code); left <- drop(rowsum(w * own * residual, code))
  values <- if (e$bootstrap_weights == "webb") c(1, -1) %o% sqrt(c(1, 1.5, 0.5)) else c(1, -1); values <- as.vector(values)
  exact <- length(values)^G <= 2^16
  if (exact) patterns <- t(as.matrix(expand.grid(rep(list(values), G)))) else { set.seed(as.integer(e$seed)); patterns <- cbind(1, matrix(sample(values, G * number(e$draws), TRUE), G)) }
  squared <- function(v) { sums <- left * v - moved %*% (bread %*% crossprod(by_cluster, v)); drop(left %*% v)^2 / colSums(sums^2) }
  again <- squared(patterns); found <- squared(matrix(1, G, 1))
  list(p_value = mean(again >= found * (1 - 1e-9)), exact = exact)
}

# The arms dealt out again within blocks; two-sided on the absolute difference in (changes of) means.
randomisation <- function(e, rows) {
  rows <- rows[rows$arm %in% c(e$arm, "comparison"), ]; y <- number(rows[[e$outcome]]); w <- weights_of(rows)
  unit <- if (recorded(rows, "cluster")) rows$cluster else if (recorded(rows, "unit")) rows$unit else rownames(rows)
  after <- if (e$design == "difference_in_differences") as.numeric(rows$wave == "after") else rep(1, nrow(rows))
  sums <- rowsum(cbind(w * after, w * y * after, w * (1 - after), w * y * (1 - after)), unit); first <- match(rownames(sums), unit)
  reached <- rows$arm[first] == e$arm; block <- if (recorded(rows, "block")) rows$block[first] else rep("", length(first)); total <- colSums(sums)
  difference <- function(r) { r <- matrix(r, ncol = 4); rest <- matrix(total, nrow(r), 4, byrow = TRUE) - r; d <- r[, 2] / r[, 1] - rest[, 2] / rest[, 1]
    if (total[3] > 0) d <- d - (r[, 4] / r[, 3] - rest[, 4] / rest[, 3]); d }
  found <- difference(colSums(sums[reached, , drop = FALSE])); inside <- split(seq_along(block), block)
  ways <- prod(sapply(inside, function(i) choose(length(i), sum(reached[i]))))
  if (ways <= enumerated) {
    drawn <- matrix(0, 1, 4)
    for (i in inside) {
      k <- sum(reached[i]); sets <- if (length(i) == 1) matrix(i[seq_len(k)], k, 1) else combn(i, k); own <- t(apply(sets, 2, function(s) colSums(sums[s, , drop = FALSE])))
      drawn <- do.call(rbind, lapply(seq_len(nrow(own)), function(r) sweep(drawn, 2, own[r, ], "+")))
    }
  } else {
    set.seed(as.integer(e$seed)); pick <- function(i) i[sample.int(length(i), sum(reached[i]))]
    drawn <- rbind(colSums(sums[reached, , drop = FALSE]), t(replicate(number(e$draws), colSums(sums[unlist(lapply(inside, pick)), , drop = FALSE]))))
  }
  again <- difference(drawn); slack <- 1e-9 * max(abs(found), abs(again[is.finite(again)]))
  list(p_value = mean(is.na(again) | !(abs(again) < abs(found) - slack)), exact = ways <= enumerated)
}

# ---- designs with influence functions ----------------------------------------------------------------------------------

# Augmented inverse-probability weighting; all estimating equations stacked (Stefanski & Boos 2002).
exposure <- function(e, rows) {
  y <- number(rows[[e$outcome]]); d <- as.numeric(rows$arm == e$arm); w <- weights_of(rows); w <- w / mean(w); X <- matrix(1, nrow(rows), 1)
  for (name in words(e$covariates)) X <- cbind(X, as.numeric(scale(number(rows[[name]]))))
  for (name in words(e$indicators)) for (level in sort(unique(rows[[name]]))[-1]) X <- cbind(X, as.numeric(rows[[name]] == level))
  p <- fitted(glm(d ~ X - 1, binomial, weights = w, control = list(epsilon = 1e-15, maxit = 100)))
  line <- function(s) drop(X %*% coef(lm(y[s] ~ X[s, , drop = FALSE] - 1, weights = w[s]))); m1 <- line(d == 1); m0 <- line(d == 0); k <- ncol(X)
  one <- m1 + d * (y - m1) / p; nil <- m0 + (1 - d) * (y - m0) / (1 - p); mean1 <- weighted.mean(one, w); mean0 <- weighted.mean(nil, w)
  U <- cbind(X * (w * (d - p)), X * (w * d * (y - m1)), X * (w * (1 - d) * (y - m0)), w * (one - mean1), w * (nil - mean0))
  A <- matrix(0, 3 * k + 2, 3 * k + 2); a <- 1:k; b <- k + 1:k; c <- 2 * k + 1:k
  A[a, a] <- -crossprod(X, X * (w * p * (1 - p))); A[b, b] <- -crossprod(X, X * (w * d)); A[c, c] <- -crossprod(X, X * (w * (1 - d)))
  A[3 * k + 1, a] <- -colSums(X * (w * d * (y - m1) * (1 - p) / p)); A[3 * k + 1, b] <- colSums(X * (w * (1 - d / p)))
  A[3 * k + 2, a] <- colSums(X * (w * (1 - d) * (y - m0) * p / (1 - p))); A[3 * k + 2, c] <- colSums(X * (w * (1 - (1 - d) / (1 - p))))
  A[3 * k + 1, 3 * k + 1] <- A[3 * k + 2, 3 * k + 2] <- -sum(w)
  influence <- drop(U %*% solve(t(A), c(rep(0, 3 * k), 1, -1))); factor <- 1
  if (length(words(e$clusters))) { influence <- drop(rowsum(influence, rows$cluster)); factor <- length(influence) / (length(influence) - 1) }
  list(estimate = mean1 - mean0, found = c(factor * sum(influence^2), Inf))
}

# Group-time effects and their averages written out (Callaway & Sant'Anna 2021): estimate and variance of every term.
staggered <- function(e, rows) {
  period <- number(rows$period); start <- number(rows$first_treated); y <- number(rows[[e$outcome]]); w <- weights_of(rows); periods <- sort(unique(period))
  start <- ifelse(is.finite(start) & start > 0 & start <= max(periods), start, 0); cluster <- if (length(words(e$clusters))) rows$cluster else NULL
  panel <- recorded(rows, "respondent")
  if (panel) {
    people <- unique(rows$respondent); at <- match(rows$respondent, people); Y <- matrix(NA, length(people), length(periods)); Y[cbind(at, match(period, periods))] <- y
    first <- match(seq_along(people), ifelse(period == periods[1], at, NA)); whole <- stats::complete.cases(Y); first <- first[whole]; Y <- Y[whole, , drop = FALSE]
  } else { first <- seq_along(y); Y <- ifelse(outer(period, periods, "=="), y, NA) }
  start <- start[first]; w <- w[first]; cluster <- cluster[first]; ok <- start == 0 | start > periods[1]
  Y <- Y[ok, , drop = FALSE]; start <- start[ok]; w <- w[ok]; cluster <- cluster[ok]; n <- length(start)
  average <- function(column, members) { own <- ifelse(members, w, 0); value <- ifelse(members, column, 0); level <- sum(own * value) / sum(own); list(level, own * (value - level) * n / sum(own)) }
  cells <- list()
  for (g in sort(unique(start[start > 0]))) for (at in seq_along(periods)[-1]) {
    base <- if (periods[at] < g) at - 1 else max(which(periods < g)); control <- start == 0
    if (e$comparison_group == "not_yet") control <- control | (start > periods[max(at, base)] & start != g)
    groups <- if (panel) list(list(1, Y[, at] - Y[, base], start == g), list(-1, Y[, at] - Y[, base], control)) else
      lapply(list(list(1, at, start == g), list(-1, base, start == g), list(-1, at, control), list(1, base, control)), function(x) list(x[[1]], Y[, x[[2]]], x[[3]] & is.finite(Y[, x[[2]]])))
    if (!all(sapply(groups, function(x) any(x[[3]])))) next
    parts <- lapply(groups, function(x) { a <- average(x[[2]], x[[3]]); list(x[[1]] * a[[1]], x[[1]] * a[[2]]) })
    cells[[length(cells) + 1]] <- list(g = g, t = periods[at], value = sum(sapply(parts, `[[`, 1)), pull = Reduce(`+`, lapply(parts, `[[`, 2)))
  }
  share <- function(g) weighted.mean(start == g, w)
  weighted <- function(chosen) {
    sizes <- sapply(chosen, function(x) share(x$g)); effects <- sapply(chosen, `[[`, "value"); pull <- Reduce(`+`, Map(function(s, x) s / sum(sizes) * x$pull, sizes, chosen))
    drawn <- sapply(chosen, function(x) w / mean(w) * (start == x$g) - share(x$g)); drawn <- matrix(drawn, nrow = n)
    list(value = sum(sizes * effects) / sum(sizes), pull = pull + drop(drawn %*% effects) / sum(sizes) - rowSums(drawn) * sum(sizes * effects) / sum(sizes)^2)
  }
  terms <- setNames(cells, sapply(cells, function(x) sprintf("att_g%g_t%g", x$g, x$t))); after <- Filter(function(x) x$t >= x$g, cells)
  if (length(after)) terms$simple_overall <- weighted(after)
  for (kind in c("dynamic", "group", "calendar")) {
    among <- if (kind == "dynamic") cells else after; if (!length(among)) next
    key <- sapply(among, function(x) switch(kind, dynamic = x$t - x$g, group = x$g, calendar = x$t)); own <- list()
    for (value in sort(unique(key))) { one <- weighted(among[key == value]); one$g <- value; one$key <- value; own[[length(own) + 1]] <- one; terms[[sprintf("%s_%g", kind, value)]] <- one }
    used <- Filter(function(x) kind != "dynamic" || x$key >= 0, own); if (!length(used)) next
    terms[[paste0(kind, "_overall")]] <- if (kind == "group") weighted(used) else list(value = mean(sapply(used, `[[`, "value")), pull = Reduce(`+`, lapply(used, `[[`, "pull")) / length(used))
  }
  lapply(terms, function(x) { sums <- if (is.null(cluster)) x$pull else drop(rowsum(x$pull, cluster)); list(estimate = x$value, found = c(sum(sums^2) / n^2, Inf)) })
}

# ---- one effect, families, averages ------------------------------------------------------------------------------------

tested <- function(estimate, variance, df, confidence, exact = TRUE) {
  s <- sqrt(variance); reach <- qt(1 - (1 - confidence) / 2, df) * s
  list(estimate = estimate, std_error = s, df = df, p_value = 2 * pt(-abs(estimate / s), df), conf_low = estimate - reach, conf_high = estimate + reach, exact = exact)
}
together <- new.env() # all staggered terms of one regression are found together
anew <- function(e, data) {
  site <- if (e$site != "") data[data$site == e$site, ] else data
  if (e$model == "ordered_logit") not_covered("numbers of effects by ordered logit")
  if (e$adjustment == "interacted" && (e$model != "linear" || e$design == "encouragement")) not_covered("numbers of effects with slopes in each arm that are not by least squares")
  rows <- rows_of(e, site)
  if (e$design == "staggered") {
    key <- paste(e$outcome, e$site, e$subgroup_variable, e$subgroup_value)
    if (is.null(together[[key]])) together[[key]] <- staggered(e, rows)
    fit <- together[[key]][[e$term]]
  } else fit <- if (e$design == "exposure") exposure(e, rows) else fitted_as(e, rows, site)
  df <- if (e$p_method == "normal") Inf else fit$found[2]
  found <- tested(fit$estimate, fit$found[1], df, number(e$confidence))
  if (e$p_method %in% c("wild_cluster_bootstrap", "randomisation")) {
    test <- if (e$p_method == "randomisation") randomisation(e, rows) else wild_bootstrap(e, rows, fit)
    found$p_value <- test$p_value; found$exact <- test$exact; found$conf_low <- found$conf_high <- NA # found by inverting the test; not computed here
  }
  found
}
# Anderson (2008): the smallest q, in thousandths, at which the two-stage procedure rejects.
sharpened <- function(p) {
  m <- length(p); o <- order(p); q <- rep(1, m); last <- function(bound) max(0, which(p[o] <= bound))
  for (step in 1000:1) { first <- (step / 1000) / (1 + step / 1000); r1 <- last(first * seq_len(m) / m)
    r2 <- if (r1 == m) m else last(first * m / (m - r1) * seq_len(m) / m); q[seq_len(r2)] <- step / 1000 }
  q[order(o)]
}
adjust <- function(p, method) switch(method, holm = p.adjust(p, "holm"), bh = p.adjust(p, "BH"), by = p.adjust(p, "BY"), none = p, sharpened_q = sharpened(p))
average <- function(method, y, v, df, confidence) {
  if (method == "equal") return(c(tested(mean(y), sum(v) / length(v)^2, sum(v)^2 / sum(v^2 / df), confidence), tau2 = NA))
  need("metafor")
  m <- metafor::rma(y, v, method = if (method == "fixed") "FE" else method, control = list(threshold = 1e-14, maxiter = 10000, tol = 1e-14))
  tau2 <- if (method == "fixed") 0 else m$tau2; w <- 1 / (v + tau2); q <- sum(w * (y - sum(w * y) / sum(w))^2) / (length(y) - 1) # Knapp and Hartung's factor, at least one
  c(tested(sum(w * y) / sum(w), max(q, 1) / sum(w), length(y) - 1, confidence), tau2 = tau2)
}
contrast <- function(first, second, confidence) {
  side <- function(x) average("equal", x$estimate, x$std_error^2, x$df, confidence); a <- side(first); b <- side(second)
  v <- c(a$std_error^2, b$std_error^2); tested(a$estimate - b$estimate, sum(v), sum(v)^2 / sum(v^2 / c(a$df, b$df)), confidence)
}

# ---- comparison --------------------------------------------------------------------------------------------------------

worst <- numeric(); beyond <- character(); counted <- 0; left_out <- character()
drawn <- c(wild_cluster_bootstrap = "wild cluster bootstrap", randomisation = "randomisation"); in_steps <- c("romano_wolf", "westfall_young")
# What a number is that this script does not compute.
why_not <- function(expected, name) {
  if (startsWith(name, "conf_") && any(expected$p_method %in% names(drawn))) return(paste("ends of intervals by inverting the test by", drawn[[expected$p_method]]))
  if (name == "p_adjusted" && any(expected$adjusted_by %in% in_steps)) return(sprintf("p-values adjusted in steps (%s)", expected$adjusted_by))
  if (name == "p_adjusted" && identical(expected$adjusted_by, "")) return("p-values adjusted in a family of which a member is withheld")
  if (name == "p_adjusted") return("p-values adjusted in a family with drawn p-values")
  "numbers that need what was left out"
}
# Every number that is expected is either compared or counted among those left out.
compared <- function(expected, found, names) for (name in names) {
  wanted <- if (is.null(expected[[name]])) NA else number(expected[[name]]); value <- if (is.list(found)) found[[name]] else NULL
  if (!is.finite(wanted)) next
  if (is.null(value) || !is.finite(value)) { left_out <<- c(left_out, if (is.character(found)) found else why_not(expected, name)); next }
  counted <<- counted + 1; limit <- tolerance; shown <- name
  if (name == "p_value" && isFALSE(found$exact)) { limit <- 5 * sqrt(2 * max(wanted * (1 - wanted), 0.001) / number(expected$draws)); shown <- "p_value (drawn)" }
  difference <- abs(value - wanted) / max(1, abs(wanted)); worst[shown] <<- max(worst[shown], difference, na.rm = TRUE)
  if (difference > limit) beyond <<- c(beyond, sprintf("DIFFERS %s %s: expected %.15g, found %.15g", expected$id, name, wanted, value))
}
data <- read("extract.csv"); effects <- read("expected_effects.csv"); averages <- read("expected_averages.csv"); contrasts <- read("expected_contrasts.csv")
found <- list(); absent <- list()
for (i in seq_len(nrow(effects))) { e <- as.list(effects[i, ]); if (e$not_estimable != "") next
  result <- tryCatch(anew(e, data), not_covered = function(reason) conditionMessage(reason))
  if (is.character(result)) absent[[e$id]] <- result else found[[e$id]] <- result }
family <- paste(effects$family, effects$adjusted_by, sep = "\r")
for (key in unique(family[effects$family != "" & effects$adjusted_by != ""])) {
  ids <- intersect(effects$id[family == key & effects$not_estimable == ""], names(found))
  whole <- all(effects$id[family == key & effects$not_estimable == ""] %in% names(found))
  if (whole && !effects$adjusted_by[match(ids[1], effects$id)] %in% in_steps && all(sapply(found[ids], function(x) x$exact))) {
    p <- adjust(sapply(found[ids], `[[`, "p_value"), effects$adjusted_by[match(ids[1], effects$id)])
    for (j in seq_along(ids)) found[[ids[j]]]$p_adjusted <- p[[j]] } }
columns <- c("estimate", "std_error", "df", "p_value", "p_adjusted", "conf_low", "conf_high")
for (i in seq_len(nrow(effects))) { id <- effects$id[i]; compared(as.list(effects[i, ]), if (is.null(found[[id]])) absent[[id]] else found[[id]], columns) }
gather <- function(text) { ids <- words(text); if (!all(ids %in% names(found))) return(NULL); sapply(c("estimate", "std_error", "df"), function(n) sapply(found[ids], `[[`, n), simplify = FALSE) }
for (i in seq_len(nrow(averages))) { a <- as.list(averages[i, ]); x <- gather(a$effects); if (is.null(x)) { compared(a, NULL, c(columns, "tau2")); next }
  result <- tryCatch(average(a$method, x$estimate, x$std_error^2, x$df, number(a$confidence)), not_covered = function(reason) conditionMessage(reason))
  compared(a, result, c(columns, "tau2")) }
again <- list()
for (i in seq_len(nrow(contrasts))) { x <- gather(contrasts$first_effects[i]); y <- gather(contrasts$second_effects[i]); if (!is.null(x) && !is.null(y)) again[[contrasts$id[i]]] <- contrast(x, y, number(contrasts$confidence[i])) }
for (outcome in unique(contrasts$outcome)) { ids <- contrasts$id[contrasts$outcome == outcome]; if (!all(ids %in% names(again))) next
  p <- p.adjust(sapply(again[ids], `[[`, "p_value"), "holm"); for (j in seq_along(ids)) again[[ids[j]]]$p_adjusted <- p[[j]] }
for (i in seq_len(nrow(contrasts))) compared(as.list(contrasts[i, ]), again[[contrasts$id[i]]], columns)
if (length(found)) write.csv(data.frame(id = names(found), do.call(rbind, lapply(found, function(x) as.data.frame(x[c("estimate", "std_error", "df", "p_value")])))), file.path(here, "replicated_r.csv"), row.names = FALSE)
cat(sprintf("%d effects, %d averages and %d contrasts computed anew; %d not estimable.\n", length(found), nrow(averages), length(again), sum(effects$not_estimable != "")))
cat(sprintf("numbers compared: %d\n", counted))
for (reason in unique(left_out)) cat(sprintf("not computed by this script: %d %s\n", sum(left_out == reason), reason))
for (name in names(worst)) cat(sprintf("largest difference, %s: %.2g\n", name, worst[[name]]))
cat(sprintf("largest difference: %.2g\n", max(0, worst[!grepl("drawn", names(worst))])))
if (length(beyond)) { cat(beyond, sep = "\n"); quit(status = 1) }
