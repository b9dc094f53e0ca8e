from cards.renderers import PDFRenderer
from core.renderers import CSVRenderer

__all__ = ["CSVRenderer", "PDFRenderer", "XLSXRenderer"]


class XLSXRenderer(PDFRenderer):
    """Lets a client ask for an Excel workbook; the view sends the file itself."""

    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    format = "xlsx"
