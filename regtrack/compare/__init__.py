"""Compare tracks of models with each other and with labels.

`open_sources` opens them; `rank_windows`, `score_models` and `measure_region` compare them. Nothing
here draws or serves: the dashboard and the command line do that with the results.
"""
