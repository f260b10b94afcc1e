"""pyHanko's verdict on a sealed PDF: offline, one trusted root, our list of
revoked certificates. Prints the verdict as JSON.

Arguments: PDF, root (DER), issuing certificate (DER), list (DER).
"""

import json
import sys

from asn1crypto import crl, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

pdf, root, issuing, revoked = (open(path, "rb").read() for path in sys.argv[1:5])


def context():
    return ValidationContext(
        trust_roots=[x509.Certificate.load(root)],
        other_certs=[x509.Certificate.load(issuing)],
        crls=[crl.CertificateList.load(revoked)],
        allow_fetching=False,
        revocation_mode="hard-fail",
    )


verdict = {"sealed": False, "intact": False, "valid": False, "trusted": False, "covers": "NOTHING", "changed": "unknown"}
try:
    import io

    reader = PdfFileReader(io.BytesIO(pdf))
    signature = reader.embedded_signatures[-1]
    status = validate_pdf_signature(signature, context(), ts_validation_context=context())
    verdict = {
        "sealed": True,
        "intact": status.intact,
        "valid": status.valid,
        "trusted": status.trusted,
        "covers": status.coverage.name,
        "changed": status.modification_level.name,
        "stamped": status.timestamp_validity is not None and status.timestamp_validity.trusted,
    }
except Exception as error:  # A file that cannot be read is a refusal too.
    verdict["error"] = f"{type(error).__name__}: {error}"
print(json.dumps(verdict))
