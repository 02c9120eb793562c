"""Groups of artifacts whose archives do not tell them, for what is used most: built by Gradle or Ant, not by Maven."""

import re

_SPRING = re.compile(
    r"spring-(?:aop|aspects|beans|context|context-indexer|context-support|core|expression|instrument|jcl|jdbc|jms"
    r"|messaging|orm|oxm|r2dbc|test|tx|web|webflux|webmvc|websocket)"
)
_BY_ARTIFACT = {
    "ant": "org.apache.ant",
    "dom4j": "org.dom4j",
    "elasticsearch": "org.elasticsearch",
    "h2": "com.h2database",
    "hsqldb": "org.hsqldb",
    "kafka-clients": "org.apache.kafka",
    "mysql-connector-j": "com.mysql",
    "mysql-connector-java": "mysql",
    "ognl": "ognl",
    "okhttp": "com.squareup.okhttp3",
    "okio": "com.squareup.okio",
    "okio-jvm": "com.squareup.okio",
    "postgresql": "org.postgresql",
    "reactor-core": "io.projectreactor",
    "scala-library": "org.scala-lang",
    "spring-security-oauth2": "org.springframework.security.oauth",
    "xalan": "xalan",
    "xercesImpl": "xerces",
}
_BY_BEGINNING = {
    "bcmail-": "org.bouncycastle",
    "bcpg-": "org.bouncycastle",
    "bcpkix-": "org.bouncycastle",
    "bcprov-": "org.bouncycastle",
    "bctls-": "org.bouncycastle",
    "bcutil-": "org.bouncycastle",
    "grpc-": "io.grpc",
    "kotlin-stdlib": "org.jetbrains.kotlin",
    "reactor-netty": "io.projectreactor.netty",
    "spring-boot": "org.springframework.boot",
    "spring-security-": "org.springframework.security",
    "tomcat-embed-": "org.apache.tomcat.embed",
    "tomcat-": "org.apache.tomcat",
}
_BY_FILE = {
    "catalina": ("org.apache.tomcat", "tomcat-catalina"),
    "jasper": ("org.apache.tomcat", "tomcat-jasper"),
}


def known(artifact: str) -> tuple[str, str] | None:
    """Group and artifact. Tomcat's own folder has some archives under short names."""
    if artifact in _BY_FILE:
        return _BY_FILE[artifact]
    if _SPRING.fullmatch(artifact):
        return "org.springframework", artifact
    group = _BY_ARTIFACT.get(artifact) or next(
        (each for beginning, each in _BY_BEGINNING.items() if artifact.startswith(beginning)), None
    )
    return (group, artifact) if group else None
