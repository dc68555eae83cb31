SELECT actual, projected FROM net_worth_timeline(2024, 1, 24)
