"""Everything an author of blocks needs, behind one import. Pure: no Django, no Celery, no HTTP."""

from blocks.sdk.block import Block, describe
from blocks.sdk.cases import Case, run_case
from blocks.sdk.context import Answer, Call, Calls, Context, Decision, Review, Tool, Wait
from blocks.sdk.conversion import convert
from blocks.sdk.costs import Cost, CostType, price
from blocks.sdk.credentials import APIKey, Credential, HostScoped, OAuth2, UserPassword
from blocks.sdk.errors import BlockDisabled, ConversionError, DefinitionError, InputError, decorate
from blocks.sdk.fields import BareOutput, BlockInput, BlockOutput, Credentials, CredentialsReference, Field
from blocks.sdk.kinds import BlockType, Category, Effect, Workload
from blocks.sdk.spec import AsyncEmissions, BlockSpec, CredentialsField, Emissions, InputPin
from blocks.sdk.values import to_json

# Raised when plug-ins that were written for it could not run any more; every plug-in declares which one it means.
API_VERSION = 1

__all__ = [
    "API_VERSION",
    "APIKey",
    "Answer",
    "AsyncEmissions",
    "BareOutput",
    "Block",
    "BlockDisabled",
    "BlockInput",
    "BlockOutput",
    "BlockSpec",
    "BlockType",
    "Call",
    "Calls",
    "Case",
    "Category",
    "Context",
    "ConversionError",
    "Cost",
    "CostType",
    "Credential",
    "Credentials",
    "CredentialsField",
    "CredentialsReference",
    "Decision",
    "DefinitionError",
    "Effect",
    "Emissions",
    "Field",
    "HostScoped",
    "InputError",
    "InputPin",
    "OAuth2",
    "Review",
    "Tool",
    "UserPassword",
    "Wait",
    "Workload",
    "convert",
    "decorate",
    "describe",
    "price",
    "run_case",
    "to_json",
]
