"""Writes cells.csv, the small made-up survey that cells.R and survey.R and the tests of the variances share."""

from pathlib import Path

import numpy as np
import pandas as pd


def survey(seed: int = 20261123) -> pd.DataFrame:
    """Interviews of two waves in 24 villages of 6 districts; unequal clusters, weights, strata, missing values."""
    rng = np.random.default_rng(seed)
    rows = []
    for village in range(24):
        district, arm = village // 4, int(village % 2 == 0)
        effect = rng.normal(0, 0.4)
        population = int(rng.integers(300, 900))
        for after in (0, 1):
            for _ in range(int(rng.integers(4, 22))):
                female, age = int(rng.random() < 0.55), int(rng.integers(18, 66))
                household = int(rng.integers(1, 6))
                knows = rng.random() < 1 / (1 + np.exp(0.6 - effect - 0.7 * arm * after - 0.01 * (age - 40)))
                score = 50 + 8 * effect + 4 * arm * after - 3 * female + 0.1 * age + rng.normal(0, 9)
                rows.append(
                    {
                        "village": f"v{village:02d}",
                        "district": f"d{district}",
                        "household": f"v{village:02d}h{household}",
                        "after": after,
                        "arm": arm,
                        "female": female,
                        "age": age,
                        "weight": round(float(rng.uniform(0.5, 4.0)), 3),
                        "village_weight": round(population / 400, 3),
                        "villages_in_district": 40 + 5 * district,
                        "knows": int(knows),
                        "score": round(float(score), 4) if rng.random() > 0.04 else None,
                    }
                )
    return pd.DataFrame(rows)


if __name__ == "__main__":
    survey().to_csv(Path(__file__).with_name("cells.csv"), index=False)
