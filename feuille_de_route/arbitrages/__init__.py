"""De quoi parle une décision, et ce qu'elle fait à ce qu'elle vise."""
