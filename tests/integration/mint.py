"""A partner's TLS authority in other hands: openssl issues what talea would not."""

import datetime
import os

from coalition import run

AUTHORITY_CONFIG = """
[ca]
default_ca = authority
[authority]
database = {folder}/index.txt
new_certs_dir = {folder}
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
[any]
organizationName = optional
organizationalUnitName = optional
commonName = supplied
[leaf]
subjectAltName = {names}
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = clientAuth,serverAuth
"""


class Mint:
    """A partner's authority in the wrong hands: openssl issues what talea would not."""

    def __init__(self, folder, certificate, key):
        self.folder = folder
        self.certificate = certificate
        self.key = key
        os.makedirs(folder)
        self.count = 0

    def issue(self, *names, days=(-1, 30), subject="/O=x/CN=x"):
        """(certificate, key) with these subject alternative names, valid from and to these days."""
        self.count += 1
        folder = os.path.join(self.folder, str(self.count))
        os.mkdir(folder)
        with open(os.path.join(folder, "index.txt"), "wb"):
            pass
        config = os.path.join(folder, "openssl.cnf")
        with open(config, "w", encoding="ascii") as file:
            file.write(AUTHORITY_CONFIG.format(folder=folder, names=",".join(names)))
        path = {name: os.path.join(folder, name) for name in ("key", "request", "certificate")}
        run(["openssl", "req", "-new", "-nodes", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:prime256v1", "-keyout", path["key"], "-subj", subject,
             "-out", path["request"]])
        dates = [(datetime.datetime.utcnow() + datetime.timedelta(days=d)).strftime("%Y%m%d%H%M%SZ")
                 for d in days]
        run(["openssl", "ca", "-batch", "-config", config, "-extensions", "leaf", "-notext",
             "-cert", self.certificate, "-keyfile", self.key, "-startdate", dates[0],
             "-enddate", dates[1], "-in", path["request"], "-out", path["certificate"]])
        return read(path["certificate"]), read(path["key"])


def read(path):
    with open(path, "rb") as file:
        return file.read()
