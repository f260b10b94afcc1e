-- Which unit decided what travels: it prints it. None where a rule did; then the office
-- that hands it over does.
ALTER TABLE services_parcel ADD COLUMN unit TEXT;
CREATE INDEX services_parcel_unit ON services_parcel (unit, stage);
