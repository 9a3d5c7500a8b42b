"""What other rooms do with credentials, said once."""

from credentials.errors import Busy as Busy
from credentials.errors import CredentialsError as CredentialsError
from credentials.leases import held as held
from credentials.leases import release as release
from credentials.leases import release_all as release_all
from credentials.leases import take as take
from credentials.metas import Lookup as Lookup
from credentials.metas import Meta as Meta
from credentials.metas import find as find
from credentials.metas import of_user as of_user
from credentials.oauth import begin_login as begin_login
from credentials.oauth import finish_login as finish_login
from credentials.oauth import freshened as freshened
from credentials.opening import Opened as Opened
from credentials.writing import KEEP as KEEP
from credentials.writing import Deleted as Deleted
from credentials.writing import change as change
from credentials.writing import create as create
from credentials.writing import delete as delete
