-- What is stored about a user is found, and erased, without reading everybody's rows.
CREATE INDEX deliveries_user ON deliveries (app, user) WHERE user IS NOT NULL;
CREATE INDEX installations_reported_user ON installations (app, reported_user) WHERE reported_user IS NOT NULL;
