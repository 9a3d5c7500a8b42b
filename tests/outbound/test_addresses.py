"""Which addresses are reached, whatever they are written like."""

import httpx
import pytest

import outbound
from outbound.addresses import check
from outbound.policy import Blocked, Policy
from tests.outbound.servers import Answer, serving

# what is written in an address, and leads to this machine, its network or its cloud
TRICKS = [
    "http://127.0.0.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.0x0.0x0.0x1/",
    "http://0177.0.0.1/",
    "http://017700000001/",
    "http://127.1/",
    "http://127.0.1/",
    "http://0/",
    "http://0.0.0.0/",
    "http://localhost/",
    "http://localhost./",
    "http://LOCALHOST/",
    "http://[::1]/",
    "http://[::]/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b:1::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[2002:a9fe:a9fe::]/",
    "http://[fe80::1%25lo]/",
    "http://[fe80::1]/",
    "http://[fc00::1]/",
    "http://[fec0::1]/",
    "http://[ff02::1]/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[::ffff:169.254.169.254]/",
    "http://100.100.100.200/",
    "http://168.63.129.16/",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.0.1/",
    "http://100.64.0.1/",
    "http://198.18.0.1/",
    "http://224.0.0.1/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://127。0。0。1/",
    "http://①②⑦.⓪.⓪.①/",
    "http://ⓛocalhost/",
    "http://93.184.216.34:22/",
    "http://93.184.216.34:6379/",
    "http://93.184.216.34:0/",
    "http://public.example@127.0.0.1/",
    "http://user:password@93.184.216.34/",
    "https://user@93.184.216.34/",
    "http://127.0.0.1#@93.184.216.34/",
    "http://127.0.0.1\\@93.184.216.34/",
    "file:///etc/passwd",
    "ftp://93.184.216.34/",
    "gopher://127.0.0.1/",
    "unix:///var/run/docker.sock",
    "http:///path",
]


@pytest.mark.parametrize("url", TRICKS)
def test_no_way_of_writing_it_leads_inside(url: str) -> None:
    with outbound.client() as client, pytest.raises((Blocked, httpx.InvalidURL, httpx.ConnectError)) as refusal:
        client.get(url)
    # never a connection that was tried and refused: either we say no, or no resolver of this machine knows the name
    assert not isinstance(refusal.value, httpx.ConnectError) or "cannot be resolved" in str(refusal.value)


METADATA = ["169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "fd00:ec2::254", "::ffff:a9fe:a9fe"]


@pytest.mark.parametrize("address", METADATA)
def test_what_tells_about_the_machine_is_never_allowed(address: str) -> None:
    everything = ("0.0.0.0/0", "::/0", "metadata.example")
    with pytest.raises(Blocked, match="never reached"):
        check("metadata.example", 80, [address], everything)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822"])
def test_public_addresses_are_reached(address: str) -> None:
    assert check("public.example", 443, [address], ()) == [address]


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    with pytest.raises(Blocked, match="PETIOLE_OUTBOUND_ALLOW"):
        check("mixed.example", 80, ["93.184.216.34", "10.0.0.7"], ())


@pytest.mark.parametrize(
    "entry",
    ["10.1.0.0/16", "10.1.2.3", "10.1.2.3:8080", "wiki.example", "*.example", "wiki.example:8080", "WIKI.example"],
)
def test_the_operator_allows_hosts_networks_and_ports(entry: str) -> None:
    with outbound.allowing(entry):
        assert check("wiki.example", 8080, ["10.1.2.3"], Policy().allow_private) == ["10.1.2.3"]


@pytest.mark.parametrize("entry", ["10.2.0.0/16", "wiki.example:80", "*.wiki.example", "example", "iki.example", "*"])
def test_what_is_allowed_is_not_more_than_it_says(entry: str) -> None:
    with pytest.raises(Blocked):
        check("wiki.example", 8080, ["10.1.2.3"], (entry,))


def test_an_allowed_server_of_this_machine_answers() -> None:
    with serving(lambda _asked: Answer(body=b"inside")) as server, outbound.allowing(f"127.0.0.1:{server.port}"):
        with outbound.client() as client:
            assert client.get(server.url).text == "inside"
        with outbound.client() as client, pytest.raises(Blocked):
            client.get("http://127.0.0.1:8/")
