"""What several rooms' tests share: servers, certificates, checks."""
