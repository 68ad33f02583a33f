import re
from pathlib import Path

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "dp.md"


def test_the_code_of_the_guide_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf8"), re.S)
    assert len(blocks) == 4
    names: dict = {}
    for block in blocks:
        exec(block, names)
    assert "refuted" in capsys.readouterr().out
    assert (tmp_path / "coins.json").exists()
    assert names["canaries_needed"](4.0, 1e-5) == 224
