"""One room a chapter: experiments, figures, claims and what measures them. No chapter imports another."""
