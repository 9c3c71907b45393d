"""A bank for the tests: account numbers, and statements about what a payment file orders."""

import os
import shutil
import subprocess
import xml.etree.ElementTree as ET

from coalition import SOURCE

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"
# Where the ISO's schemas may lie; nothing depends on them.
SCHEMAS = os.environ.get("TALEA_XSD") or os.path.join(SOURCE, "../shared/xsd")


def iban(number):
    """A German one with its check digits (ISO 7064, modulo 97)."""
    body = f"37040044{number:010}"
    rest = int(body + "131400") % 97  # D is 13, E is 14
    return f"DE{98 - rest:02}{body}"


def validate(path, schema):
    """By the ISO's schema, where it is there: None when it is not, else what xmllint said."""
    xsd = os.path.join(SCHEMAS, schema + ".xsd")
    if shutil.which("xmllint") is None or not os.path.exists(xsd):
        return None
    result = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", xsd, path],
                            capture_output=True, text=True, check=False)
    return "" if result.returncode == 0 else result.stderr


class PaymentFile:
    """A pain.001 as a bank reads it."""

    def __init__(self, path):
        self.root = ET.parse(path).getroot()
        self.version = self.root.tag[1:].split("}")[0][len(NAMESPACE):]

    def all(self, name):
        return [e for e in self.root.iter() if e.tag.split("}")[1] == name]

    def texts(self, name):
        return [e.text for e in self.all(name)]

    def payments(self):
        """Reference, amount, currency, creditor's account."""
        rows = []
        for transfer in self.all("CdtTrfTxInf"):
            def text(name, inside=transfer):
                return next(e for e in inside.iter() if e.tag.split("}")[1] == name)
            amount = text("InstdAmt")
            rows.append((text("EndToEndId").text, amount.text, amount.get("Ccy"),
                         text("IBAN").text))
        return rows


class Entry:
    """One booked transaction."""

    def __init__(self, reference, amount, bank_reference, is_credit, currency="USD",
                 is_reversal=False, status="BOOK", day="2026-11-20"):
        self.reference = reference
        self.amount = amount
        self.bank_reference = bank_reference
        self.is_credit = is_credit
        self.currency = currency
        self.is_reversal = is_reversal
        self.status = status
        self.day = day


def _entry(entry, version):
    status = entry.status if version == "02" else f"<Cd>{entry.status}</Cd>"
    reversal = "<RvslInd>true</RvslInd>" if entry.is_reversal else ""
    own = f"<AcctSvcrRef>{entry.bank_reference}</AcctSvcrRef>" if entry.bank_reference else ""
    return (f'<Ntry><Amt Ccy="{entry.currency}">{entry.amount}</Amt>'
            f'<CdtDbtInd>{"CRDT" if entry.is_credit else "DBIT"}</CdtDbtInd>{reversal}'
            f"<Sts>{status}</Sts><BookgDt><Dt>{entry.day}</Dt></BookgDt>{own}"
            f"<BkTxCd><Prtry><Cd>NTRF</Cd></Prtry></BkTxCd>"
            f"<NtryDtls><TxDtls><Refs><EndToEndId>{entry.reference}</EndToEndId></Refs>"
            f"</TxDtls></NtryDtls></Ntry>\n")


def statement(path, kind, account, entries):
    """Writes `kind`, as camt.053.001.02, about an account."""
    version = kind[-2:]
    outer, inner = (("BkToCstmrStmt", "Stmt") if ".053." in kind
                    else ("BkToCstmrDbtCdtNtfctn", "Ntfctn"))
    balance = ('<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="USD">0</Amt>'
               "<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-20</Dt></Dt></Bal>"
               if ".053." in kind else "")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{NAMESPACE}{kind}">\n'
                   f"<{outer}><GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-11-20T10:00:00Z</CreDtTm>"
                   f"</GrpHdr><{inner}><Id>S1</Id><CreDtTm>2026-11-20T10:00:00Z</CreDtTm>"
                   f"<Acct><Id><IBAN>{account}</IBAN></Id></Acct>{balance}\n")
        for entry in entries:
            file.write(_entry(entry, version))
        file.write(f"</{inner}></{outer}></Document>\n")
    return path
