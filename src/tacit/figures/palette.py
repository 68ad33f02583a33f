"""The one palette of every picture."""

# Okabe and Ito's colours (2008), which readers with any kind of colour vision tell apart; the
# first two are non-members and members, the last is a grey for what comes after six lines
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#5b5b5b")
MEMBER, NONMEMBER = PALETTE[1], PALETTE[0]
QUIET = "#8a8a8a"
