// SPDX-License-Identifier: MIT
#include "sla/aws/config/ini.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace sla;
using namespace sla::aws;

namespace {

/// `[kind name] key=value key=value [name]...`, or what is wrong.
std::string read(std::string_view text) {
  auto const sections = parse_ini(text);
  if (!sections) return sections.error().message;
  std::string out;
  for (IniSection const& section : *sections) {
    out += section.kind.empty() ? "[" : "[" + section.kind + " ";
    out += section.name + "]";
    for (auto const& [key, value] : section.properties) out += " " + key + "=" + value;
  }
  return out;
}

}  // namespace

TEST_CASE("sections have names and properties") {
  CHECK(read("") == "");
  CHECK(read("[profile foo]") == "[profile foo]");
  CHECK(read("[foo]\na = 1\n[bar]\nb=2") == "[foo] a=1[bar] b=2");
  CHECK(read("[services one]\nsns =\n  endpoint_url = http://localhost") ==
        "[services one] sns= sns.endpoint_url=http://localhost");
}

TEST_CASE("one section may stand there twice") {
  CHECK(read("[a]\nx = 1\n[a]\nx = 2") == "[a] x=1[a] x=2");
}

TEST_CASE("blanks are spaces and tabs, and mean nothing around names and values") {
  CHECK(read("[profile \tfoo \t]") == "[profile foo]");
  CHECK(read("[profile\tfoo]") == "[profile foo]");
  CHECK(read("[   profile foo    ]") == "[profile foo]");
  CHECK(read("[a]\nname \t=  \tvalue \t") == "[a] name=value");
  CHECK(read("\t \n[a]\n\t\n \nname = value\n\t \n[b]\n \t") == "[a] name=value[b]");
}

TEST_CASE("lines may end as on Windows") {
  CHECK(read("[a]\r\nname = value\r\n") == "[a] name=value");
}

TEST_CASE("a byte order mark is passed over") {
  CHECK(read("\xEF\xBB\xBF[a]\nx = 1") == "[a] x=1");
}

TEST_CASE("keys are in lower case and the names of sections are not") {
  CHECK(read("[Foo]\nAWS_Access_Key_Id = AKIA") == "[Foo] aws_access_key_id=AKIA");
}

TEST_CASE("the last of two properties of one name counts") {
  CHECK(read("[a]\nName = value\nname = value2") == "[a] name=value2");
}

TEST_CASE("a value may be empty, hold equals signs, quotes and any character") {
  CHECK(read("[a]\nname =") == "[a] name=");
  CHECK(read("[a]\nname = val=ue") == "[a] name=val=ue");
  CHECK(read("[a]\nname = \"value\"") == "[a] name=\"value\"");
  CHECK(read("[a]\nname = \xF0\x9F\x98\x82") == "[a] name=\xF0\x9F\x98\x82");
}

TEST_CASE("a comment needs a blank before it after a value and none after a section") {
  CHECK(read("# one\n; two\n[a] # three\nx = 1 # with # and ;") == "[a] x=1");
  CHECK(read("[a]; one\n[b]# two") == "[a][b]");
  CHECK(read(";\n[a];\nx = 1 ;\n") == "[a] x=1");
  CHECK(read("[a]\nx = v;w\ny = v# w\nz = v\t#w") == "[a] x=v;w y=v# w z=v");
  CHECK(read("[a]\nx = # nothing") == "[a] x=");
}

TEST_CASE("a line that begins with a blank continues the value, comments and all") {
  CHECK(read("[a]\nname = value\n -continued") == "[a] name=value\n-continued");
  CHECK(read("[a]\nname = value\n \t -one \t \n\t-two") == "[a] name=value\n-one\n-two");
  CHECK(read("[a]\nname = value\n -continued # Comment") == "[a] name=value\n-continued # Comment");
}

TEST_CASE("under an empty value there are properties of the property") {
  CHECK(read("[a]\ns3 =\n name = value\n\t \n Name2 = value2\nx = 1") ==
        "[a] s3= s3.name=value s3.name2=value2 x=1");
  CHECK(read("[a]\ns3 =\n name =") == "[a] s3= s3.name=");
  CHECK(read("[a]\ns3 =\n in valid = value") == "[a] s3=");
}

TEST_CASE("names may hold letters, digits and some signs, and others are passed over") {
  CHECK(read("[profile some-thing:long/the_one%only.foo@bar+]\n[profile foo!bar]") ==
        "[profile some-thing:long/the_one%only.foo@bar+]");
  CHECK(read("[profile foo]\nin valid = value") == "[profile foo]");
  CHECK(read("[a]\nx = 1\n[profile in valid]\nx = 2\n y\nz =\n w = 1\n[b]\nx = 3") ==
        "[a] x=1[b] x=3");
  CHECK(read("[a]\nin valid = 1\n more") == "[a]");
  CHECK(read("[]\nx = 1\n[profile ]\n[b]") == "[profile][b]");
}

TEST_CASE("what is no section, property or continuation is an error with its line") {
  CHECK(read("[profile foo") == "line 1: the ] that ends the name of the section is missing");
  CHECK(read("[a] b") == "line 1: the ] that ends the name of the section is missing");
  CHECK(read("\nname = secret") == "line 2: a line stands before the first [section]");
  CHECK(read(" -continued") == "line 1: a line stands before the first [section]");
  CHECK(read("[a]\n= secret") == "line 2: there is no name before the =");
  CHECK(read("[a]\nkey #= secret") == "line 2: there is no = after the name");
  CHECK(read("[a]\n secret") == "line 2: there is no = after the name");
  CHECK(read("[a]\nx = 1\n[a]\n secret") == "line 4: there is no = after the name");
  CHECK(read("[a]\ns3 =\n secret") == "line 3: there is no = after the name");
  CHECK(read("[a]\ns3 =\n = secret") == "line 3: there is no name before the =");
}

TEST_CASE("a file that is indented as a whole is read as if it were not") {
  CHECK(read("  [a]\n  x = 1\n  # comment\n  s3 =\n    name = value\n  y = 2\n  [b]\n  z = 3") ==
        "[a] s3= s3.name=value x=1 y=2[b] z=3");
  CHECK(read("[a]\n  x = 1\n  y = 2\n    more\n[b]\n\tz = 3\n") == "[a] x=1 y=2\nmore[b] z=3");
  CHECK(read("\t\t[a]\n\t\tx = 1\n\ty = 2\n") == "[a] x=1 y=2");
}

TEST_CASE("a line that is a comment continues nothing, however far it is indented") {
  CHECK(read("[a]\nx = 1\n    # comment\n    ; another\ny = 2") == "[a] x=1 y=2");
  CHECK(read("[a]\ns3 =\n  # comment\n  name = value") == "[a] s3= s3.name=value");
}

TEST_CASE("a colon delimits too where it can be no part of the name") {
  CHECK(read("[a]\nregion: eu-west-1\noutput:json\nx : 1") ==
        "[a] output=json region=eu-west-1 x=1");
  CHECK(read("[a]\naws_session_token:abc==\nurl: http://a/b=c") ==
        "[a] aws_session_token=abc== url=http://a/b=c");
  CHECK(read("[a]\ns3:\n  addressing_style: path") == "[a] s3= s3.addressing_style=path");
  CHECK(read("[a]\nrole_arn = arn:aws:iam::1:role/a") == "[a] role_arn=arn:aws:iam::1:role/a");
  CHECK(read("[a]\nsome-thing:long/the_one = 1") == "[a] some-thing:long/the_one=1");
}

TEST_CASE("a name in quotes may hold any character") {
  CHECK(read("[profile 'my team']\nx = 1\n[profile \"your team\"]") ==
        "[profile my team] x=1[profile your team]");
  CHECK(read("[profile 'a'\"'\"'b #1'] ; comment") == "[profile a'b #1]");
  CHECK(read("[profile 'dev']\n[profile de\\ v]") == "[profile dev][profile de v]");
  CHECK(read("[profile 'a' b]\n[profile 'a]\n[profile '']") == "");
}
