"""Packages of Ruby, by the specifications that RubyGems writes when it installs them."""

import pytest

from berth.scan.inventory import Package
from tests.scan.catalog.languages.reading import codes, is_wanted, named, read

PATH = "usr/local/bundle/specifications/rack-2.2.6.gemspec"
SPECIFICATION = """\
# -*- encoding: utf-8 -*-
# stub: rack 2.2.6 ruby lib

Gem::Specification.new do |s|
  s.name = "rack".freeze
  s.version = "2.2.6"

  s.required_rubygems_version = Gem::Requirement.new(">= 0".freeze) if s.respond_to? :required_rubygems_version=
  s.metadata = { "name" => "x", "version" => "9" } if s.respond_to? :metadata=
  s.require_paths = ["lib".freeze]
  s.description = "s.name = \\"other\\" and\\n  s.version = \\"3\\"".freeze
  s.licenses = ["MIT".freeze, "Ruby".freeze]
  s.rubygems_version = "3.3.7".freeze
  s.installed_by_version = "3.3.7" if s.respond_to? :installed_by_version

  if s.respond_to? :specification_version then
    s.specification_version = 4
    s.add_runtime_dependency(%q<rake>.freeze, [">= 0"])
  end
end
"""


def test_a_gem_as_its_specification_tells_it() -> None:
    expected = Package("language", "gem", "rack", "2.2.6", path=PATH, license="MIT OR Ruby")
    assert read(PATH, SPECIFICATION).packages == (expected,)


@pytest.mark.parametrize(
    "body",
    [
        '  s.name = %q{rake}\n  s.version = "0.9.2"\n',
        "  s.name = 'rake'\n  s.version = Gem::Version.new('0.9.2')\n",
        '    spec.name = "rake".freeze # its name\n    spec.version = "0.9.2"\n',
        "# stub: rake 0.9.2 ruby lib\n\nGem::Specification.new do |s|\n  s.version = Rake::VERSION\nend\n",
        '# stub: rake 0.9.2 java lib\nx = "s.name"\n',
    ],
)
def test_older_forms_and_the_stub(body: str) -> None:
    assert named(read(PATH, body)) == [("rake", "0.9.2")]


def test_which_files_are_read() -> None:
    """Those of gems that are installed, and of those that come with Ruby."""
    assert is_wanted("usr/lib/ruby/gems/3.1.0/specifications/default/json-2.6.1.gemspec")
    assert is_wanted("usr/share/rubygems-integration/all/specifications/rack-2.2.6.gemspec")
    assert not is_wanted("usr/local/bundle/gems/rack-2.2.6/rack.gemspec")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "\0" * 1000,
        '  s.name = "a"\n  s.version = A::VERSION\n',
        '  s.name = "a#{1}"\n  s.version = "1"\n',
        '  s.name = File.read("name")\n  s.version = "1"\n',
        '  s.name = "a" "b"\n  s.version = "1"\n',
    ],
)
def test_what_would_have_to_be_evaluated_is_a_gap(body: str) -> None:
    contents = read(PATH, body)
    assert (contents.packages, codes(contents)) == ((), ["damaged"])


@pytest.mark.parametrize("quote", ['"', "'", "%q{", "%q<", '"\\', "'\""])
def test_no_line_takes_long(quote: str) -> None:
    read(PATH, "  s.licenses = " + quote * 300_000)
    read(PATH, ("  s.name = " + quote * 5000 + "\n") * 20)
