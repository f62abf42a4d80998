"""How rows are judged: headers matched, answers read, conditions followed, interviews placed and told apart."""
