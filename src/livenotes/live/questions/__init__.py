"""Questions that answer to a guess: predictions before a figure, quizzes on claims, recall.

One call makes one question: ``ask(question, answers, right=…, because=…)``.
"""

from .question import KINDS, Question, QuestionError, ask

__all__ = ["KINDS", "Question", "QuestionError", "ask"]
