"""How well scores tell labelled bases from others: each rule once, and light to load."""
