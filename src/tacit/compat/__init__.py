"""Other libraries' names on tacit's line, for people who hold scripts written for them."""
