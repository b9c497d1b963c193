"""One figure a file: data in, plain dict out.

A colour is named, not given: `@pv` or `@pv/0.4` (a token of `assets/tokens.json` and its opacity). The browser puts in
the values of the theme in use (`assets/live/chart.js`), so a figure can be computed once and served to everyone.
"""
