"""A network of IRC with accounts, of a test's own: certificates, InspIRCd, a second one to split
from it, and Atheme. All of it on loopback."""
import contextlib
import os
import pathlib
import shutil
import ssl
import subprocess
import tempfile

import irc
import lossy

PASSWORD = 'spoons-and-almanacs'  # of every account, and of the oper
MODULES = pathlib.Path('/usr/lib/inspircd/modules')

# Who has an account at the services, and which: a nick is not always its name.
ACCOUNTS = {nick: nick for nick in ('kith', 'olga', 'ana', 'ben', 'dev', 'observer')}
ACCOUNTS['cleo'] = 'cleopatra'

# Neither daemon runs as root; Debian has this user for them.
USER = {'user': 'irc', 'group': 'irc', 'extra_groups': []} if os.geteuid() == 0 else {}

EXPIRING = '''
[ca]
default_ca = authority
[authority]
database = {folder}/index
new_certs_dir = {folder}
default_md = sha256
rand_serial = yes
policy = policy
x509_extensions = extensions
[policy]
commonName = supplied
[extensions]
basicConstraints = critical,CA:FALSE
subjectAltName = {hosts}
'''


class Authority:
    """A certificate authority nobody knows, and what it signed: "good" is for this machine,
    "wrong-name" for another, "expired" ended long ago. Each is a PEM file with its key."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        self.ca = self._make('ca', '-addext', 'basicConstraints=critical,CA:TRUE')
        here = f'DNS:localhost,DNS:irc.test,IP:127.0.0.1,IP:{lossy.NEAR}'
        self.signed = {'good': self._server('good', here),
                       'wrong-name': self._server('wrong-name', 'DNS:other.test'),
                       'expired': self._expired('expired', here)}

    def _make(self, name, *options):
        pem = self.folder / f'{name}.pem'
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-nodes',
                        '-pkeyopt', 'ec_paramgen_curve:P-256', '-subj', f'/CN={name}',
                        '-keyout', pem, '-out', pem, *options],
                       check=True, capture_output=True, timeout=irc.WAIT_S)
        return pem

    def _server(self, name, hosts):
        return self._make(name, '-CA', self.ca, '-CAkey', self.ca,
                          '-addext', 'basicConstraints=critical,CA:FALSE',
                          '-addext', f'subjectAltName={hosts}')

    def _expired(self, name, hosts):
        pem = self.client(name)
        config = self.folder / 'ca.conf'
        config.write_text(EXPIRING.format(folder=self.folder, hosts=hosts))
        (self.folder / 'index').touch()
        # Only this way of signing takes dates of the past, in every version.
        subprocess.run(['openssl', 'ca', '-config', config, '-batch', '-notext',
                        '-cert', self.ca, '-keyfile', self.ca, '-ss_cert', pem,
                        '-startdate', '20200101000000Z', '-enddate', '20200201000000Z',
                        '-out', self.folder / 'signed'],
                       check=True, capture_output=True, timeout=irc.WAIT_S)
        key = pem.read_text().partition('-----BEGIN CERTIFICATE')[0]
        pem.write_text(key + (self.folder / 'signed').read_text())
        return pem

    def client(self, name):
        """One that somebody made for themselves."""
        return self._make(name, '-addext', 'basicConstraints=critical,CA:FALSE')


class Daemon:
    """A program in the foreground, in a folder it may write to. What it prints goes to the test's
    folder, and so does the log it keeps."""

    def __init__(self, name, folder, logs):
        self.folder = folder / name
        self.folder.mkdir()
        self.output = logs / f'{name}.out'
        self.log = logs / f'{name}.log'
        self.process = None

    def spawn(self, command):
        if USER:
            for path in [self.folder, *self.folder.iterdir()]:
                shutil.chown(path, USER['user'], USER['group'])
        with self.output.open('w') as output:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output,
                                            stderr=output, cwd=self.folder, **USER)

    def await_output(self, text):
        def printed():
            assert self.process.poll() is None, self.output.read_text()
            return text in self.output.read_text()
        irc.wait_for(f'{text} (see {self.output})', printed)

    def stop(self):
        if not self.process:
            return
        process, self.process = self.process, None
        process.terminate()
        try:
            process.wait(irc.WAIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(irc.WAIT_S)
        log = self.folder / 'log'
        if log.exists():
            self.log.write_text(log.read_text(errors='replace'))


SERVER_CONFIG = '''
<server name="{name}" description="test" network="Test" id="{id}">
<admin name="test" email="nobody@irc.test" nick="test">
<path configdir="{folder}" datadir="{folder}" logdir="{folder}" moduledir="{modules}">
<options casemapping="{casemapping}" defaultbind="ipv4">
<limits maxnick="{nick_length}">
<dns server="127.0.0.1" timeout="1">
<log method="file" type="* -USERINPUT -USEROUTPUT" level="default" target="{folder}/log">
<sasl target="services.test" requiressl="no">
<connectban ipv4cidr="32" threshold="255">
<class name="all" commands="*" privs="*" usermodes="*" chanmodes="*">
<type name="all" classes="all">
<oper name="oper" password="{password}" host="*@*" type="all">
<uline server="services.test" silent="yes">
'''

SERVER_MODULES = '''
ssl_gnutls sslinfo spanningtree cap sasl services_account svshold deaf servprotect hidechans
hostchange chghost chgident botmode samode monitor ircv3 ircv3_accounttag ircv3_batch
ircv3_capnotify ircv3_chghost ircv3_ctctags ircv3_echomessage ircv3_invitenotify
ircv3_labeledresponse ircv3_msgid ircv3_servertime namesx uhnames setname
'''.split()

CLIENTS = '<connect allow="*" timeout="60" resolvehostnames="no" useident="no" ' \
          'localmax="500" globalmax="500" {}>'
# As networks have them: ten lines at once, then one a second; 8 KiB may wait, then it is a flood.
LIMITS = 'recvq="8K" threshold="10" commandrate="1000" fakelag="yes" pingfreq="120"'
NO_LIMITS = 'recvq="1M" threshold="1000" commandrate="1" fakelag="no" pingfreq="120"'


class Inspircd(Daemon):
    """A server. `ports` has "plain", where people may say as much as they like, and, for each
    certificate, one by its name, where there are `limits`; "servers" is for the others of its
    network."""

    def __init__(self, name, server_id, folder, logs, certificates):
        super().__init__(name, folder, logs)
        self.name = name
        self.id = server_id
        self.certificates = {}
        for profile, pem in certificates.items():
            self.certificates[profile] = shutil.copy(pem, self.folder)
        self.ports = {port: irc.free_port() for port in ['plain', 'servers', *certificates]}
        self.links = {}  # name of another server -> port
        self.address = '127.0.0.1'  # of its ports
        self.limits = LIMITS
        self.nick_length = 30
        self.casemapping = 'rfc1459'

    def configuration(self):
        yield SERVER_CONFIG.format(
            name=self.name, id=self.id, folder=self.folder, modules=MODULES, password=PASSWORD,
            casemapping=self.casemapping, nick_length=self.nick_length)
        yield CLIENTS.format(f'name="people" port="{self.ports["plain"]}" {NO_LIMITS}')
        yield CLIENTS.format(f'name="main" {self.limits}')
        for module in SERVER_MODULES:
            yield f'<module name="{module}">'
        for profile, pem in self.certificates.items():
            yield (f'<sslprofile name="{profile}" provider="gnutls" certfile="{pem}" '
                   f'keyfile="{pem}" cafile="" requestclientcert="yes" hash="sha256">')
        for port, number in self.ports.items():
            yield (f'<bind address="{self.address}" port="{number}" '
                   f'type="{"servers" if port == "servers" else "clients"}"' +
                   (f' sslprofile="{port}">' if port in self.certificates else '>'))
        for name, port in self.links.items():
            yield (f'<link name="{name}" ipaddr="127.0.0.1" port="{port}" allowmask="127.0.0.1" '
                   f'sendpass="{PASSWORD}" recvpass="{PASSWORD}">')

    def start(self):
        config = self.folder / 'inspircd.conf'
        config.write_text('\n'.join(self.configuration()))
        self.spawn([irc.program('inspircd'), '--config', config, '--nofork', '--nopid'])
        self.await_output('is now running')


SERVICES_CONFIG = '''
{modules}
serverinfo {{ name = "services.test"; desc = "services"; numeric = "00A"; recontime = 1;
	netname = "Test"; hidehostsuffix = "users.test"; adminname = "test";
	adminemail = "nobody@irc.test"; registeremail = "nobody@irc.test"; hidden;
	mta = "/bin/true"; loglevel = {{ error; info; network; }}; maxcertfp = 5; maxlogins = 20;
	maxusers = 0; mdlimit = 30; emaillimit = 100; auth = none; casemapping = rfc1459; }};
uplink "irc.test" {{ host = "127.0.0.1"; port = {port};
	send_password = "{password}"; receive_password = "{password}"; }};
nickserv {{ nick = "NickServ"; user = "services"; host = "services.test"; real = "nicks"; spam; }};
saslserv {{ nick = "SaslServ"; user = "services"; host = "services.test"; real = "SASL"; }};
database {{ }};
general {{ permissive_mode_fallback = no; join_chans = no; commit_interval = 1;
	default_clone_allowed = 500; default_clone_warn = 500; }};
'''

# Without a module for it, passwords are kept as they are: nobody waits for a hash here.
SERVICES_MODULES = '''
protocol/inspircd backend/opensex saslserv/main saslserv/plain saslserv/external nickserv/main
nickserv/identify nickserv/register nickserv/cert nickserv/enforce nickserv/ghost nickserv/group
nickserv/logout nickserv/set_core
'''.split()


class Atheme(Daemon):
    """Services, with these accounts from the start; each owns the nick of its name."""

    def __init__(self, folder, logs, port, accounts):
        super().__init__('services.test', folder, logs)
        (self.folder / 'atheme.conf').write_text(SERVICES_CONFIG.format(
            modules='\n'.join(f'loadmodule "modules/{m}";' for m in SERVICES_MODULES),
            port=port, password=PASSWORD))
        rows = ['DBV 12', 'LUID AAAAAAAAA', 'CF +AFHORVabefhioqrstv']
        for n, account in enumerate(accounts):
            rows += [f'MU BAAAAAA{n:02} {account} {PASSWORD} nobody@irc.test 1 1 +b default',
                     f'MN {account} {account} 1 1']
        (self.folder / 'services.db').write_text('\n'.join(rows) + '\n')

    def start(self):
        self.spawn([irc.program('atheme-services'), '-n', '-c', self.folder / 'atheme.conf',
                    '-l', self.folder / 'log', '-p', self.folder / 'pid', '-D', self.folder])
        self.await_output('finished synching')


class Network:
    """irc.test with its services, as people find a network, and leaf.test to link to it; logs go to
    `logs`. Each of the authority's certificates has a port."""

    def __init__(self, authority, logs, accounts):
        self.authority = authority
        self.logs = logs
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='kith-irc-'))
        self.folder.chmod(0o755)
        self.server = Inspircd('irc.test', '0AA', self.folder, logs, authority.signed)
        self.leaf = Inspircd('leaf.test', '0BB', self.folder, logs, authority.signed)
        self.services = Atheme(self.folder, logs, self.server.ports['servers'], accounts)
        self.server.links = {'services.test': irc.free_port(),
                             'leaf.test': self.leaf.ports['servers']}
        self.leaf.links = {'irc.test': self.server.ports['servers']}

    def start(self):
        self.server.start()
        self.services.start()

    def restart(self, limits):
        self.services.stop()
        self.server.stop()
        self.server.limits = limits
        self.start()

    def link(self, oper):
        """The leaf becomes part of it; this operator may let it split off with SQUIT."""
        oper.send(f'MODE {oper.nick} +s +l')
        oper.send('CONNECT leaf.test')
        oper.expect('end of .?netburst.* from .?leaf.test')

    def person(self, nick, *rooms, **how):
        """One of those in ACCOUNTS, signed in; or, with account=None, somebody who is not. They
        come to the port where nobody is held up, unless another is given."""
        how.setdefault('account', ACCOUNTS.get(nick))
        return irc.Person(how.pop('port', self.server.ports['plain']), nick, *rooms,
                          password=PASSWORD, **how)

    def stop(self):
        with contextlib.ExitStack() as stack:
            stack.callback(shutil.rmtree, self.folder)
            for daemon in (self.server, self.leaf, self.services):
                stack.callback(daemon.stop)

    def keys(self, port='good', ca=True, host='localhost', server=None, nick='kith'):
        """Where and how to connect, of [irc test]."""
        ports = (server or self.server).ports
        return '\n'.join([f'server = {host}', f'port = {ports[port]}', f'nick = {nick}',
                          *([f'ca-file = {self.authority.ca}'] if ca else [])])

    def sasl_plain(self, account='kith'):
        """And who it is."""
        secret = self.logs / 'password'
        secret.write_text(PASSWORD + '\n')
        secret.chmod(0o600)
        return f'account = {account}\npassword-file = {secret}\n'

    def context(self, certificate=None):
        """What a person trusts, and shows."""
        context = ssl.create_default_context(cafile=self.authority.ca)
        if certificate:
            context.load_cert_chain(certificate)
        return context
