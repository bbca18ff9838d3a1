"""What the experiments of several chapters share: training loop, store of results, style of figures."""
