"""Everything that can fail in jwtool: one tree, each leaf with a stable `code`.

A family says whose fault it is; `cli/exits.py` alone knows exit codes. `jwtool/explain/errors.toml` has the sentences.
"""

from __future__ import annotations

from typing import ClassVar


class JwtoolError(Exception):
    """Something could not be done.

    `message` says what was found and what was wanted, lower case, without a full stop, and never holds
    a secret or a token. `hint` is one thing that the user could do or type, or None.
    """

    code: ClassVar[str] = "internal"

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class WorkerDied(JwtoolError):
    code = "worker_died"


# The command line is wrong.


class UsageError(JwtoolError):
    code = "usage"


class TimeMalformed(UsageError):
    code = "time_malformed"


class DurationMalformed(UsageError):
    code = "duration_malformed"


class ClaimOptionMalformed(UsageError):
    code = "claim_option_malformed"


class SourceMalformed(UsageError):
    code = "source_malformed"


class SecretOnCommandLine(UsageError):
    code = "secret_on_command_line"


class StdinTwice(UsageError):
    code = "stdin_twice"


class AlgorithmUnknown(UsageError):
    code = "alg_unknown"


class UrlSchemeRefused(UsageError):
    code = "url_scheme_refused"


class UrlMalformed(UsageError):
    code = "url_malformed"


class HttpHeaderMalformed(UsageError):
    code = "http_header_malformed"


class TopicUnknown(UsageError):
    code = "topic_unknown"


class CommandUnknown(UsageError):
    code = "command_unknown"


class RotationTooFast(UsageError):
    code = "rotation_too_fast"


# The input is unusable.


class InputError(JwtoolError):
    code = "input_unusable"


class TokenMalformed(InputError):
    code = "token_malformed"


class TokenIsJwe(InputError):
    code = "token_is_jwe"


class TokenIsJws(InputError):
    code = "token_is_jws"


class TokenIsSdJwt(InputError):
    code = "token_is_sd_jwt"


class InputTooLarge(InputError):
    code = "input_too_large"


class PayloadMissing(InputError):
    code = "payload_missing"


class HeaderNotObject(InputError):
    code = "header_not_object"


class HeaderBadType(InputError):
    code = "header_bad_type"


class HeaderTooLarge(InputError):
    code = "header_too_large"


class CritMalformed(InputError):
    code = "crit_malformed"


class CritUnsupported(InputError):
    code = "crit_unsupported"


class BadBase64url(InputError):
    code = "bad_base64url"


class BadUtf8(InputError):
    code = "bad_utf8"


class BadJson(InputError):
    code = "bad_json"


class DuplicateMember(InputError):
    code = "duplicate_member"


class JsonTooDeep(InputError):
    code = "json_too_deep"


class JsonBadNumber(InputError):
    code = "json_bad_number"


class ClaimsMalformed(InputError):
    code = "claims_malformed"


class FileNotFound(InputError):
    code = "file_not_found"


class FileUnreadable(InputError):
    code = "file_unreadable"


class VariableNotSet(InputError):
    code = "variable_not_set"


class CredentialMalformed(InputError):
    code = "credential_malformed"


class KeyUnrecognized(InputError):
    code = "key_unrecognized"


# A key, key set or algorithm is unusable for this.


class KeyRefused(JwtoolError):
    code = "key_refused"


class KeyMalformed(KeyRefused):
    code = "key_malformed"


class KeyUnsupported(KeyRefused):
    code = "key_unsupported"


class KeyTooWeak(KeyRefused):
    code = "key_too_weak"


class KeyConfusion(KeyRefused):
    code = "key_confusion"


class KeyUseMismatch(KeyRefused):
    code = "key_use_mismatch"


class AlgorithmKeyMismatch(KeyRefused):
    code = "alg_key_mismatch"


class AlgorithmUnsupported(KeyRefused):
    code = "alg_unsupported"


class AlgorithmNotAllowed(KeyRefused):
    code = "alg_not_allowed"


class KeyNotPrivate(KeyRefused):
    code = "key_not_private"


class SecretShippingRefused(KeyRefused):
    code = "secret_shipping_refused"


class KeySymmetricInPublic(KeyRefused):
    code = "key_symmetric_in_public"


class KeyNotFound(KeyRefused):
    code = "key_not_found"


class KeyAmbiguous(KeyRefused):
    code = "key_ambiguous"


class CertificateMismatch(KeyRefused):
    code = "certificate_mismatch"


class KeyNotActive(KeyRefused):
    code = "key_not_active"


class KidTaken(KeyRefused):
    code = "kid_taken"


class JwksMalformed(KeyRefused):
    code = "jwks_malformed"


class JwksWithoutUsableKey(KeyRefused):
    code = "jwks_without_usable_key"


class PassphraseMissing(KeyRefused):
    code = "passphrase_missing"


class PassphraseWrong(KeyRefused):
    code = "passphrase_wrong"


def key_refusal(code: str, message: str, *, hint: str | None = None) -> KeyRefused:
    """The error of this family that has the `code`; the family itself for a code it doesn't have."""
    leaf = next((leaf for leaf in KeyRefused.__subclasses__() if leaf.code == code), KeyRefused)
    return leaf(message, hint=hint)


# The network or the server failed.


class NetworkError(JwtoolError):
    code = "network_failed"


# The result could not be written.


class WriteError(JwtoolError):
    code = "write_failed"


class FileExists(WriteError):
    code = "file_exists"


class FileLocked(WriteError):
    code = "file_locked"
