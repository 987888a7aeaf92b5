# The values that references.test.ts holds of R: Rscript test/core/stats/references.R, with R 4.2.2 and its own packages.
options(digits = 15)

# The exact p-value of paired 0/1 scores, by adding up all outcomes: Lloyd and Moldovan (2008), with the rates by optimize().
rates <- function(w, l, n, bound) {
  least <- max(0, -bound)
  most <- (1 - bound) / 2
  likelihood <- function(loss) {
    term <- function(count, rate) if (count == 0) 0 else count * log(max(rate, 1e-300))
    term(w, loss + bound) + term(l, loss) + term(n - w - l, 1 - bound - 2 * loss)
  }
  loss <- optimize(likelihood, c(least, most), maximum = TRUE, tol = 1e-12)$maximum
  ends <- c(least, most)
  best <- ends[which.max(sapply(ends, likelihood))]
  if (likelihood(best) >= likelihood(loss)) loss <- best
  c(win = loss + bound, loss = loss)
}
score <- function(w, l, n, bound) {
  r <- rates(w, l, n, bound)
  variance <- n * (sum(r) - bound^2)
  if (variance < 1e-9) return(0)
  (w - l - n * bound) / sqrt(variance)
}
exact <- function(w, l, n, bound) {
  r <- rates(w, l, n, bound)
  seen <- score(w, l, n, bound) - 1e-6
  p <- 0
  for (a in 0:n) for (b in 0:(n - a)) {
    if (score(a, b, n, bound) >= seen) p <- p + dmultinom(c(a, b, n - a - b), prob = c(r, 1 - sum(r)))
  }
  p
}
cat("exact tails\n")
for (case in list(c(0, 1, 50, -0.1), c(1, 2, 50, -0.1), c(3, 3, 50, -0.1), c(9, 2, 60, 0), c(2, 1, 40, -0.05), c(12, 4, 30, 0.05)))
  cat(case, exact(case[1], case[2], case[3], case[4]), "\n")

cat("one-sided binomial tests: binom.test(x, n, p, 'less' and 'greater')\n")
for (case in list(c(2, 40, 0.1), c(17, 20, 0.7)))
  cat(case, binom.test(case[1], case[2], case[3], "less")$p.value, binom.test(case[1], case[2], case[3], "greater")$p.value, "\n")

cat("p.adjust\n")
p <- c(0.01, 0.02, 0.022, 0.09, 0.5, 0.3, 0.07, 0.02)
cat(p.adjust(p, "hommel"), "\n", p.adjust(p, "holm"), "\n")

cat("t.test and quantile\n")
x <- c(3.1, 1.2, 4.5, 0.7, 2.8, 9.9, 5, 2.2, 7.3, 6.1, 1.9, 3.3, 8.4, 4.1, 2.6, 5.5, 0.9, 3.8, 6.6, 4.9)
cat(t.test(x, conf.level = 0.9)$conf.int, "\n", quantile(x, c(0.5, 0.9, 0.95), type = 7), "\n")
y <- c(2.9, 1, 5.1, 0.8, 3, 8.8, 4.2)
cat(wilcox.test(x[1:8], y, exact = TRUE)$p.value, "\n")

cat("empirical likelihood: the weights of a mean, by uniroot\n")
d <- c(0.3, -0.2, 0.1, 0.5, -0.4, 0, 0.25, -0.1, 0.6, -0.3, 0.2, 0.1)
for (mean in c(-0.05, 0.02, -0.15)) {
  e <- d - mean
  t <- uniroot(function(t) sum(e / (1 + t * e)), c(-1 / max(e), -1 / min(e)) * (1 - 1e-9), tol = 1e-14)$root
  w <- 1 / (length(e) * (1 + t * e))
  cat(mean, sum(w * e^2), sum(w * e^3), "\n")
}
cat("tails: pgamma(4.2, 3.5, lower = FALSE), pt(-2.1, 21.4), qnorm(0.0083)\n")
cat(pgamma(4.2, 3.5, lower.tail = FALSE), pt(-2.1, 21.4), qnorm(0.0083), "\n")
