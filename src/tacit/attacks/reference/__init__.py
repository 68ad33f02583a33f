"""What attacks with shadow models share: in and out statistics, families, proxies, moderated
variances.
"""
