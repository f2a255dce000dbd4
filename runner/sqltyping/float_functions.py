"""Functions DuckDB computes in binary floating point, however exact the numbers they are given.

Taken from DuckDB's catalogue; tests/sqltyping/test_float_functions.py compares the two.
"""

from __future__ import annotations

from sqlglot import exp

# sqlglot's class -> DuckDB's name; arguments are `this` and, with a second one, `expression`
CLASSES: dict[type[exp.Expr], str] = {
    exp.Acos: "acos",
    exp.Acosh: "acosh",
    exp.Asin: "asin",
    exp.Asinh: "asinh",
    exp.Atan: "atan",
    exp.Atan2: "atan2",
    exp.Atanh: "atanh",
    exp.Cbrt: "cbrt",
    exp.Cos: "cos",
    exp.Cosh: "cosh",
    exp.Cot: "cot",
    exp.Degrees: "degrees",
    exp.Exp: "exp",
    exp.Ln: "ln",
    exp.Log: "log",  # log2 and log10, too
    exp.Pow: "pow",  # power, ^ and **, too
    exp.Radians: "radians",
    exp.Sin: "sin",
    exp.Sinh: "sinh",
    exp.Sqrt: "sqrt",
    exp.Tan: "tan",
    exp.Tanh: "tanh",
    # aggregates
    exp.Corr: "corr",
    exp.CovarPop: "covar_pop",
    exp.CovarSamp: "covar_samp",
    exp.Kurtosis: "kurtosis",
    exp.RegrAvgx: "regr_avgx",
    exp.RegrAvgy: "regr_avgy",
    exp.RegrIntercept: "regr_intercept",
    exp.RegrR2: "regr_r2",
    exp.RegrSlope: "regr_slope",
    exp.RegrSxx: "regr_sxx",
    exp.RegrSxy: "regr_sxy",
    exp.RegrSyy: "regr_syy",
    exp.Skewness: "skewness",
    exp.Stddev: "stddev",
    exp.StddevPop: "stddev_pop",
    exp.StddevSamp: "stddev_samp",
    exp.Variance: "variance",  # var_samp, too
    exp.VariancePop: "var_pop",
}

# weighted or not: an exact mean is a sum divided exactly
MEANS = frozenset({"favg", "mean", "wavg", "weighted_avg"})

NAMES = (
    frozenset(CLASSES.values())
    | MEANS
    | {
        "divide", "even", "fdiv", "fmod", "fsum", "gamma", "geomean", "geometric_mean",
        "kahan_sum", "kurtosis_pop", "lgamma", "nextafter", "product", "sem", "sumkahan",
    }
)  # fmt: skip
