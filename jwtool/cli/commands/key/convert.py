"""`jwtool key convert`: a key in another format, or encrypted with another passphrase."""

from jwtool.cli.options import (
    ForceOption,
    KeyArgument,
    NewPassphraseOption,
    OutputOption,
    PassphraseOption,
    ToOption,
)
from jwtool.output.report import Headline, Report
from jwtool.sources.network import Network
from jwtool.sources.runtime import Runtime


def command(
    *,
    runtime: Runtime,
    as_json: bool,
    key: KeyArgument,
    to: ToOption = None,
    new_passphrase: NewPassphraseOption = None,
    output: OutputOption = None,
    force: ForceOption = False,
    passphrase: PassphraseOption = None,
    network: Network,
) -> Report:
    """Print KEY in another format: a private key stays private, a public key public.

    With --new-passphrase a private key is encrypted, without it is not, whatever it was before. As a JWK it becomes
    a JWE with 600,000 rounds of PBKDF2, which is recommended; PEM and DER get the 2,048 rounds of PKCS#8.

    Example: jwtool key convert private.jwk --to pem
    Example: jwtool key convert old.pem --new-passphrase env:PASSWORD -o locked.jwk
    Example: jwtool key convert private.jwk --to ssh --new-passphrase env:PASSWORD -o id_ecdsa
    """
    from jwtool.jose.errors import UsageError
    from jwtool.jose.keys.public import to_jwk
    from jwtool.operations.convert_key import convert_key
    from jwtool.operations.describe import key_document, key_table
    from jwtool.operations.make_keys import as_product
    from jwtool.sources.files import refuse_existing, write_new

    refuse_existing(output, force=force)
    made = convert_key(
        key,
        runtime,
        wanted=to,
        output=output,
        new=new_passphrase,
        network=network,
        passphrase=passphrase,
    )
    private = made.key.private
    document = key_document(made.key) | {"format": made.form, "output": output}
    if private:
        document["encrypted"] = new_passphrase is not None
    else:
        document["key"] = to_jwk(made.key, private=False)
    if output is None:
        if as_json and private:
            raise UsageError("a private key never stands inside a JSON document", hint="name a file with -o FILE")
        product = as_product(made.data, made.form)
        return Report("key", document, product=product, notes=made.notes, private=private)
    write_new(output, made.data, private=private, force=force)
    blocks = (Headline("wrote", output, "good"), key_table(made.key))
    return Report("key", document, blocks=blocks, aside=True, quiet="", notes=made.notes)
