"""Turn rows into HTML, and HTML into a PDF."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, select_autoescape

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(),
    trim_blocks=True,
    lstrip_blocks=True,
)


def to_html(title, month, rows):
    return _templates.get_template("month.html").render(title=title, month=month, rows=rows)


def write_pdf(html, target):
    # Loads Pango, so it is imported only where a PDF is wanted.
    from weasyprint import HTML

    HTML(string=html).write_pdf(target)
