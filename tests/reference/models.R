# Average marginal effects of logit, Poisson and ordered logit on the made-up survey of cells.csv: glm and ordinal::clm,
# variances by sandwich, clubSandwich and survey, the delta method written out.
# Rscript models.R (in this folder) writes models.json.
suppressMessages({library(sandwich); library(clubSandwich); library(survey); library(ordinal); library(jsonlite)})
options(digits = 17, warn = -1) # glm says that weighted successes are no whole numbers
d <- read.csv("cells.csv", na.strings = "")
d$signs <- pmax(0, floor(d$score / 12) - 2)                  # counts
d$level <- cut(d$score, c(-Inf, 44, 50, 56, Inf), labels = FALSE)  # ordered answers 1 to 4
results <- list()

put <- function(id, b, v, df) {
  s <- sqrt(v)
  results[[id]] <<- list(estimate = b, std_error = s, df = df, p_value = 2 * pt(-abs(b / s), df),
    conf_low = b - qt(0.975, df) * s, conf_high = b + qt(0.975, df) * s)
}
# the average of f(x1'b) - f(x0'b) and its gradient
contrast <- function(m, x1, x0, share) {
  inverse <- m$family$linkinv; slope <- m$family$mu.eta; b <- coef(m)
  e1 <- drop(x1 %*% b); e0 <- drop(x0 %*% b)
  list(value = sum(share * (inverse(e1) - inverse(e0))),
       gradient = colSums(share * (slope(e1) * x1 - slope(e0) * x0)))
}
# everybody with the campaign and without, or the campaign group after it with and without the interaction
put_model <- function(id, formula, family, data, term, did = FALSE, weights = NULL, cluster = "village") {
  data <- data[complete.cases(data[all.vars(formula)]), ]
  data$.w <- if (is.null(weights)) rep(1, nrow(data)) else data[[weights]]
  m <- glm(formula, family, data, weights = .w, control = list(epsilon = 1e-14, maxit = 50))
  X <- model.matrix(m); x1 <- x0 <- X
  x1[, term] <- 1; x0[, term] <- 0
  share <- data$.w * (if (did) X[, term] else 1)
  found <- contrast(m, x1, x0, share / sum(share)); g <- found$gradient
  n <- nrow(X); k <- ncol(X); G <- length(unique(data[[cluster]]))
  own <- function(v) drop(t(g) %*% v %*% g)
  put(paste0(id, "_iid"), found$value, own(vcov(if (family$family == "poisson") update(m, family = quasipoisson) else m)), n - k)
  for (type in c("HC0", "HC1", "HC2", "HC3")) put(paste0(id, "_", type), found$value, own(vcovHC(m, type)), n - k)
  put(paste0(id, "_CR0"), found$value, own(vcovCL(m, data[[cluster]], type = "HC0", cadjust = FALSE)), G - 1)
  put(paste0(id, "_CR1"), found$value, own(vcovCL(m, data[[cluster]], type = "HC0", cadjust = TRUE)), G - 1)
  put(paste0(id, "_CR1S"), found$value, own(vcovCL(m, data[[cluster]], type = "HC1", cadjust = TRUE)), G - 1)
  v <- vcovCR(m, data[[cluster]], "CR2")
  test <- linear_contrast(m, v, contrasts = matrix(g, 1), test = "Satterthwaite")
  put(paste0(id, "_CR2"), found$value, own(v), test$df)
  put(paste0(id, "_CR3"), found$value, own(vcovCR(m, data[[cluster]], "CR3")), G - 1)
  v2 <- vcovCL(m, data[c(cluster, "age")], type = "HC1", cadjust = TRUE)
  put(paste0(id, "_two_way_CR1S"), found$value, own(v2), min(G, length(unique(data$age))) - 1)
  design <- svydesign(ids = as.formula(paste0("~", cluster)), strata = ~district, weights = ~.w, data = data)
  ms <- svyglm(formula, design, family = if (family$family == "binomial") quasibinomial() else quasipoisson(),
               control = list(epsilon = 1e-14, maxit = 50))
  put(paste0(id, "_linearised"), found$value, own(vcov(ms)), degf(design))
}

after <- d[d$after == 1, ]
put_model("logit", knows ~ female + age + factor(district) + arm, binomial(), after, "arm")
put_model("logit_weighted", knows ~ female + arm, binomial(), after, "arm", weights = "weight")
put_model("logit_did", knows ~ female + arm * after, binomial(), d, "arm:after", did = TRUE)
put_model("logit_did_weighted", knows ~ arm * after, binomial(), d, "arm:after", did = TRUE, weights = "weight")
put_model("logit_change", knows ~ age + after, binomial(), d[d$arm == 1, ], "after")
put_model("poisson", signs ~ female + age + arm, poisson(), after, "arm")
put_model("poisson_did_weighted", signs ~ factor(district) + arm * after, poisson(), d, "arm:after", did = TRUE, weights = "weight")

# proportional odds; the mean of the levels' values
put_ordered <- function(id, formula, data, term, did = FALSE, weights = NULL) {
  data <- data[complete.cases(data[all.vars(formula)]), ]
  data$.w <- if (is.null(weights)) rep(1, nrow(data)) else data[[weights]]
  data$.y <- ordered(data$level); formula <- update(formula, .y ~ .)
  m <- clm(formula, data = data, weights = .w, link = "logit", control = list(gradTol = 1e-12, maxIter = 200L))
  X <- model.matrix(formula, data)[, -1, drop = FALSE]; alpha <- m$alpha; b <- m$beta
  parameters <- c(alpha, b); J <- length(alpha)
  expected <- function(x) { e <- drop(x %*% b); (J + 1) - rowSums(sapply(alpha, function(a) plogis(a - e))) }
  slope <- function(x) { e <- drop(x %*% b); D <- sapply(alpha, function(a) dlogis(a - e)); cbind(-D, rowSums(D) * x) }
  x1 <- x0 <- X; x1[, term] <- 1; x0[, term] <- 0
  share <- data$.w * (if (did) X[, term] else 1); share <- share / sum(share)
  value <- sum(share * (expected(x1) - expected(x0))); g <- colSums(share * (slope(x1) - slope(x0)))
  # scores of each row, written out: clm's estfun leaves the weights to us
  y <- as.integer(data$.y); e <- drop(X %*% b); edges <- c(-Inf, alpha, Inf)
  up <- edges[y + 1] - e; down <- edges[y] - e; p <- plogis(up) - plogis(down)
  U <- sapply(seq_len(J), function(j) (dlogis(up) * (y == j) - dlogis(down) * (y - 1 == j)) / p)
  U <- data$.w * cbind(U, -(dlogis(up) - dlogis(down)) / p * X)
  stopifnot(max(abs(colSums(U))) < 1e-6)
  A <- vcov(m); n <- nrow(X); k <- length(parameters); G <- length(unique(data$village))
  own <- function(meat) drop(t(g) %*% A %*% meat %*% A %*% g)
  put(paste0(id, "_iid"), value, drop(t(g) %*% A %*% g), n - k)
  put(paste0(id, "_HC1"), value, n / (n - k) * own(crossprod(U)), n - k)
  sums <- rowsum(U, data$village)
  put(paste0(id, "_CR0"), value, own(crossprod(sums)), G - 1)
  put(paste0(id, "_CR1S"), value, G / (G - 1) * (n - 1) / (n - k) * own(crossprod(sums)), G - 1)
}
put_ordered("ordered", level ~ female + age + arm, after, "arm")
put_ordered("ordered_did_weighted", level ~ arm * after, d, "arm:after", did = TRUE, weights = "weight")

software <- c(R.version.string, sapply(c("sandwich", "clubSandwich", "survey", "ordinal"),
              function(p) paste(p, packageVersion(p)), USE.NAMES = FALSE))
writeLines(toJSON(list(software = software, results = results), digits = NA, auto_unbox = TRUE, pretty = 1),
           "models.json")
